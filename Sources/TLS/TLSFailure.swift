// Why a link could not be encrypted, or ended: one case for each thing that somebody can do something about.
import COpenSSL

package enum TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The first bytes of the peer are no TLS record: plain HTTP on this port, or another protocol.
    case notTLS
    /// The peer showed no certificate where one is required.
    case noCertificate
    case expired
    case notYetValid
    /// No authority that is trusted here signed the peer's certificate.
    case unknownAuthority
    /// The peer's certificate is for another name than the expected one.
    case wrongName
    /// The certificate is refused for another reason, in OpenSSL's words.
    case badCertificate(String)
    /// Both sides share no version of TLS, or no cipher.
    case noCommonVersion
    /// Both sides share no application protocol (ALPN).
    case noCommonProtocol
    /// The peer refused us; the alert in OpenSSL's words.
    case refusedByPeer(String)
    /// The connection ended without the peer's goodbye (`close_notify`): what was read may not be all.
    case truncated
    /// Certificates, keys or protocol names of our own that can't be used.
    case badSettings(String)
    case broken(String)

    package var description: String {
        switch self {
        case .notTLS: "the peer does not speak TLS"
        case .noCertificate: "the peer showed no certificate"
        case .expired: "the peer's certificate has expired"
        case .notYetValid: "the peer's certificate is not valid yet: compare the clocks"
        case .unknownAuthority: "the peer's certificate is signed by an authority that is not trusted here"
        case .wrongName: "the peer's certificate is for another name"
        case .badCertificate(let reason): "the peer's certificate is refused: \(reason)"
        case .noCommonVersion: "no version of TLS is common to both sides"
        case .noCommonProtocol: "no application protocol is common to both sides"
        case .refusedByPeer(let alert): "the peer refused us: \(alert)"
        case .truncated: "the connection was cut"
        case .badSettings(let reason): reason
        case .broken(let reason): "TLS failed: \(reason)"
        }
    }
}

extension TLSFailure {
    /// Takes the thread's error queue, which must not be left to the next operation.
    static func taken(verifyResult: Int = Int(X509_V_OK)) -> TLSFailure {
        let code = ERR_get_error()
        ERR_clear_error()
        if let certificate = TLSFailure(verifyResult: verifyResult) { return certificate }
        return TLSFailure(errorCode: code)
    }

    private init?(verifyResult: Int) {
        switch Int32(truncatingIfNeeded: verifyResult) {
        case X509_V_OK: return nil
        case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            self = .unknownAuthority
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .wrongName
        default: self = unsafe .badCertificate(text(X509_verify_cert_error_string(verifyResult)))
        }
    }

    /// Reasons from 1000 on are alerts that the peer sent: 1000 and the alert's number (RFC 8446, section 6).
    private init(errorCode: UInt) {
        let reason = Int32(truncatingIfNeeded: errorCode & 0x7f_ffff)
        let words = unsafe text(ERR_reason_error_string(errorCode))
        switch reason {
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_WRONG_VERSION_NUMBER, SSL_R_PACKET_LENGTH_TOO_LONG,
            SSL_R_RECORD_TOO_SMALL:
            self = .notTLS
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: self = .noCertificate
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_SHARED_CIPHER, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
            SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_VERSION_TOO_LOW:
            self = .noCommonVersion
        case SSL_R_NO_APPLICATION_PROTOCOL, SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL:
            self = .noCommonProtocol
        case SSL_AD_REASON_OFFSET...: self = .refusedByPeer(words)
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: self = .truncated
        default: self = .broken(words)
        }
    }
}

private func text(_ words: UnsafePointer<CChar>?) -> String {
    guard let words = unsafe words else { return "unknown error" }
    return unsafe String(cString: words)
}
