// Checked settings, as OpenSSL keeps them: made once, shared by all connections that begin while it is current.
import COpenSSL

/// Immutable after its making. A connection keeps the context with which it began.
// Safety: OpenSSL counts references to an SSL_CTX atomically and allows SSL_new from many threads; nothing here changes
// it after `init`, and `protocols` is memory of its own that lives as long as the context.
@safe package final class TLSContext: @unchecked Sendable {
    package let settings: TLSSettings
    let pointer: OpaquePointer
    /// ALPN names as the wire has them: each after a byte with its length.
    private let protocols: UnsafeMutableBufferPointer<UInt8>

    /// Certificates below the authority in a chain.
    private static let chainLengthMax: Int32 = 4

    package init(_ settings: TLSSettings) throws(TLSFailure) {
        let method = unsafe settings.side == .server ? TLS_server_method() : TLS_client_method()
        guard let pointer = unsafe SSL_CTX_new(method) else { throw .taken() }
        let names = try TLSContext.wireForm(of: settings.protocols)
        let protocols = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: names.count)
        _ = unsafe protocols.initialize(from: names)
        self.settings = settings
        unsafe self.pointer = pointer
        unsafe self.protocols = protocols
        setVersions()
        setProtocols()
        try setVerification()
        if let identity = settings.identity {
            try use(identity)
        } else if settings.side == .server {
            throw .badSettings("a TLS server needs a certificate")
        }
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
        unsafe protocols.deallocate()
    }

    private static func wireForm(of protocols: [String]) throws(TLSFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        for name in protocols {
            guard let count = UInt8(exactly: name.utf8.count), count > 0 else {
                throw .badSettings("`\(name)` is no ALPN name")
            }
            bytes.append(count)
            bytes += name.utf8
        }
        return bytes
    }

    /// No resumption: a certificate that was taken back must not live on in a ticket. No renegotiation: nothing needs it.
    private func setVersions() {
        let least = settings.leastVersion == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION
        _ = unsafe weft_SSL_CTX_set_min_proto_version(pointer, least)
        unsafe weft_SSL_CTX_set_no_cache(pointer)
        _ = unsafe SSL_CTX_set_num_tickets(pointer, 0)
        _ = unsafe SSL_CTX_set_options(pointer, weft_TLS_options())
        // AES-128 first: half a step cheaper than AES-256, and what the certificates' keys are worth.
        _ = unsafe SSL_CTX_set_ciphersuites(
            pointer, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256")
    }

    private func setProtocols() {
        guard let names = unsafe protocols.baseAddress, !settings.protocols.isEmpty else { return }
        switch settings.side {
        case .client: _ = unsafe SSL_CTX_set_alpn_protos(pointer, names, UInt32(protocols.count))
        case .server:
            unsafe SSL_CTX_set_alpn_select_cb(
                pointer,
                { _, chosen, chosenCount, offered, offeredCount, context in
                    guard let context = unsafe context else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                    return unsafe Unmanaged<TLSContext>.fromOpaque(context).takeUnretainedValue()
                        .choose(chosen, chosenCount, from: offered, offeredCount)
                }, Unmanaged.passUnretained(self).toOpaque())
        }
    }

    private func choose(
        _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ chosenCount: UnsafeMutablePointer<UInt8>?,
        from offered: UnsafePointer<UInt8>?, _ offeredCount: UInt32
    ) -> Int32 {
        var name: UnsafeMutablePointer<UInt8>?
        let found = unsafe SSL_select_next_proto(
            &name, chosenCount, protocols.baseAddress, UInt32(protocols.count), offered, offeredCount)
        guard found == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        unsafe chosen?.pointee = UnsafePointer(name)
        return SSL_TLSEXT_ERR_OK
    }

    private func setVerification() throws(TLSFailure) {
        unsafe SSL_CTX_set_verify(pointer, verifyMode, nil)
        unsafe SSL_CTX_set_verify_depth(pointer, Self.chainLengthMax)
        guard let store = unsafe SSL_CTX_get_cert_store(pointer) else { throw .badSettings("OpenSSL has no store") }
        try unsafe forEachCertificate(inPEM: settings.authorities) { authority throws(TLSFailure) in
            guard unsafe X509_STORE_add_cert(store, authority) == 1 else { throw .taken() }
            guard settings.side == .server else { return }
            _ = unsafe SSL_CTX_add_client_CA(pointer, authority)
        }
        if let checkedAt = settings.checkedAt {
            unsafe X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(pointer), Int(checkedAt))
        }
    }

    private var verifyMode: Int32 {
        switch (settings.side, settings.clientCertificates) {
        case (.client, _), (.server, .optional): SSL_VERIFY_PEER
        case (.server, .required): SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
        case (.server, .none): SSL_VERIFY_NONE
        }
    }

    private func use(_ identity: TLSSettings.Identity) throws(TLSFailure) {
        var count = 0
        try unsafe forEachCertificate(inPEM: identity.certificates) { certificate throws(TLSFailure) in
            let used =
                unsafe count == 0
                ? SSL_CTX_use_certificate(pointer, certificate)
                : weft_SSL_CTX_add1_chain_cert(pointer, certificate)
            guard used == 1 else { throw .taken() }
            count += 1
        }
        guard count > 0 else { throw .badSettings("there is no certificate in the certificate's PEM") }
        try unsafe withPrivateKey(inPEM: identity.key) { key throws(TLSFailure) in
            guard unsafe SSL_CTX_use_PrivateKey(pointer, key) == 1, unsafe SSL_CTX_check_private_key(pointer) == 1
            else {
                ERR_clear_error()
                throw .badSettings("the private key is not the certificate's")
            }
        }
    }
}
