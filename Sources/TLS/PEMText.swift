// Certificates and keys from PEM text in memory.
import COpenSSL

// Safety: every object that OpenSSL makes here is freed once in the same function, after its last use.

/// The certificates of a PEM text in their order, each given to `use`, which does not keep it.
func forEachCertificate(
    inPEM bytes: [UInt8], _ use: (OpaquePointer) throws(TLSFailure) -> Void
) throws(TLSFailure) {
    let bio = try unsafe readOnlyBIO(over: bytes)
    defer { unsafe BIO_free(bio) }
    while let certificate = unsafe PEM_read_bio_X509(bio, nil, nil, nil) {
        defer { unsafe X509_free(certificate) }
        try unsafe use(certificate)
    }
    // The end of the text is an error to OpenSSL, too; it must not stay in the queue.
    let reason = Int32(truncatingIfNeeded: ERR_peek_last_error() & 0x7f_ffff)
    ERR_clear_error()
    guard reason == PEM_R_NO_START_LINE else { throw .badSettings("a certificate is not valid PEM") }
}

func withPrivateKey(
    inPEM bytes: [UInt8], _ use: (OpaquePointer) throws(TLSFailure) -> Void
) throws(TLSFailure) {
    let bio = try unsafe readOnlyBIO(over: bytes)
    defer { unsafe BIO_free(bio) }
    // Without a callback of its own, OpenSSL asks the terminal for the password of an encrypted key.
    guard let key = unsafe PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil) else {
        ERR_clear_error()
        throw .badSettings("the private key is not valid PEM, or it is encrypted")
    }
    defer { unsafe EVP_PKEY_free(key) }
    try unsafe use(key)
}

/// The bytes are copied: the BIO may outlive the array's storage.
private func readOnlyBIO(over bytes: [UInt8]) throws(TLSFailure) -> OpaquePointer {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .badSettings("out of memory for a certificate") }
    let count = Int32(clamping: bytes.count)
    let written = unsafe bytes.withUnsafeBytes { unsafe BIO_write(bio, $0.baseAddress, count) }
    guard written == count || bytes.isEmpty else {
        unsafe BIO_free(bio)
        throw .badSettings("out of memory for a certificate")
    }
    return unsafe bio
}
