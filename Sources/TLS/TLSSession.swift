// One encrypted connection as a byte machine: ciphertext in, plaintext out, and back. No sockets, no clock of its own.
import COpenSSL

/// Confined to one thread or event loop. Every call may give ciphertext to `output`, alerts of a failed handshake too:
/// send it before the connection is closed. After a throw the session is dead.
@safe package final class TLSSession {
    package enum Phase: Hashable, Sendable {
        case handshake
        case open
        /// The peer said that it sends nothing more.
        case closedByPeer
        case failed
    }

    package private(set) var phase = Phase.handshake
    /// The agreed application protocol; nil when the peer asked for none.
    package private(set) var applicationProtocol: String?
    /// DER of the peer's own certificate; it was checked. Nil without one.
    package private(set) var peerCertificate: [UInt8]?

    private let context: TLSContext
    private let wire: ByteWire
    private let ssl: OpaquePointer
    private let scratch: UnsafeMutableRawBufferPointer

    /// Bytes of plaintext in one record (RFC 8446, section 5.1).
    package static let recordBytesMax = 16384

    /// - Parameter peer: whom a client expects; required of a client.
    package init(
        _ context: TLSContext, peer: TLSPeerName? = nil, output: @escaping (RawSpan) -> Void
    ) throws(TLSFailure) {
        guard peer != nil || context.settings.side == .server else {
            throw .badSettings("a TLS client must know whom it expects")
        }
        guard let ssl = unsafe SSL_new(context.pointer) else { throw .taken() }
        self.context = context
        wire = ByteWire(output: output)
        unsafe self.ssl = ssl
        unsafe scratch = .allocate(byteCount: Self.recordBytesMax, alignment: 16)
        guard let bio = unsafe wire.makeBIO() else { throw .taken() }
        unsafe SSL_set_bio(ssl, bio, bio)
        if let peer, context.settings.side == .client {
            unsafe SSL_set_connect_state(ssl)
            try expect(peer)
        } else {
            unsafe SSL_set_accept_state(ssl)
        }
    }

    deinit {
        unsafe SSL_free(ssl)
        unsafe scratch.deallocate()
    }

    private func expect(_ peer: TLSPeerName) throws(TLSFailure) {
        let isSet: Bool
        switch peer {
        case .dns(let name):
            unsafe weft_SSL_set_tlsext_host_name(ssl, name)
            let flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
            unsafe SSL_set_hostflags(ssl, UInt32(flags))
            isSet = unsafe !name.isEmpty && SSL_set1_host(ssl, name) == 1
        case .address(let address):
            isSet = unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address) == 1
        }
        guard isSet else { throw .badSettings("`\(peer)` can't be expected of a certificate") }
    }

    /// A client's first message; does nothing at a server.
    package func start() throws(TLSFailure) {
        if context.settings.side == .client { try advanceHandshake() }
    }

    /// Takes everything of `ciphertext`; gives the plaintext to `plaintext`, at most a record at a time, and
    /// `handshakeDone` between the handshake's end and the first plaintext.
    package func receive(
        _ ciphertext: RawSpan, handshakeDone: () -> Void = {}, plaintext: (RawSpan) -> Void
    ) throws(TLSFailure) {
        try withWire(over: ciphertext) { () throws(TLSFailure) in
            if phase == .handshake {
                try advanceHandshake()
                guard phase == .open else { return }
                handshakeDone()
            }
            while phase == .open, let count = try readRecord() {
                unsafe plaintext(UnsafeRawBufferPointer(rebasing: scratch[..<count]).bytes)
            }
        }
    }

    private func withWire(
        over ciphertext: RawSpan, _ body: () throws(TLSFailure) -> Void
    ) throws(TLSFailure) {
        let result = unsafe ciphertext.withUnsafeBytes { bytes -> Result<Void, TLSFailure> in
            unsafe wire.unread = bytes
            defer { unsafe wire.unread = UnsafeRawBufferPointer(start: nil, count: 0) }
            do throws(TLSFailure) { return .success(try body()) } catch { return .failure(error) }
        }
        try result.get()
    }

    private func advanceHandshake() throws(TLSFailure) {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(ssl)
        guard result == 1 else { return try check(result) }
        phase = .open
        applicationProtocol = chosenProtocol()
        peerCertificate = shownCertificate()
    }

    /// Bytes of the next record in `scratch`; nil when more ciphertext is needed or the peer has said goodbye.
    private func readRecord() throws(TLSFailure) -> Int? {
        ERR_clear_error()
        let count = unsafe SSL_read(ssl, scratch.baseAddress, Int32(scratch.count))
        guard count <= 0 else { return Int(count) }
        try check(count)
        return nil
    }

    /// Encrypts all of it. A record of 16 KiB is cheapest: gather small pieces before.
    package func write(_ plaintext: RawSpan) throws(TLSFailure) {
        guard plaintext.byteCount > 0 else { return }
        ERR_clear_error()
        let count = Int32(clamping: plaintext.byteCount)
        let written = unsafe plaintext.withUnsafeBytes { unsafe SSL_write(ssl, $0.baseAddress, count) }
        guard written == count else {
            try check(written)
            phase = .failed
            throw .broken("OpenSSL wrote a part only")
        }
    }

    /// Says goodbye (`close_notify`); the peer's goodbye is not waited for.
    package func close() {
        guard phase == .open || phase == .closedByPeer else { return }
        ERR_clear_error()
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// Returns when there is only more to wait for.
    private func check(_ result: Int32) throws(TLSFailure) {
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
        case SSL_ERROR_ZERO_RETURN: phase = .closedByPeer
        default:
            phase = .failed
            throw .taken(verifyResult: unsafe SSL_get_verify_result(ssl))
        }
    }

    private func chosenProtocol() -> String? {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &name, &count)
        guard let name = unsafe name, count > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    private func shownCertificate() -> [UInt8]? {
        guard context.settings.side == .client || context.settings.clientCertificates != .none,
            let certificate = unsafe SSL_get1_peer_certificate(ssl)
        else { return nil }
        defer { unsafe X509_free(certificate) }
        let count = unsafe i2d_X509(certificate, nil)
        guard count > 0 else { return nil }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
            var target = buffer.baseAddress
            filled = unsafe Int(i2d_X509(certificate, &target))
        }
    }
}
