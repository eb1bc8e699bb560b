// How a node asks another for its next certificate, and what it is told.

package struct CertificateQuery: Hashable, Sendable {
    /// PKCS#10, DER: for the new key, signed by it.
    package let request: [UInt8]
    /// The certificate that is to be followed, DER.
    package let certificate: [UInt8]

    /// Bytes of either.
    package static let bytesMax = 16 << 10

    package init(request: [UInt8], certificate: [UInt8]) {
        self.request = request
        self.certificate = certificate
    }
}

package enum CertificateAnswer: Hashable, Sendable {
    /// The certificate, then its authority's.
    case granted(pem: String)
    case refused(reason: String)
    /// The node has no key of the authority: another may.
    case keyless
}

extension CertificateQuery: Message {
    package func write(to fields: inout FieldWriter) {
        fields.data(1, request)
        fields.data(2, certificate)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        request = try fields.data(1, "request", max: Self.bytesMax)
        certificate = try fields.data(2, "certificate", max: Self.bytesMax)
    }
}

extension CertificateAnswer: Message {
    /// Bytes of a certificate and its authority's as PEM.
    private static let pemBytesMax = 64 << 10

    package func write(to fields: inout FieldWriter) {
        switch self {
        case .granted(let pem): fields.group(1) { $0.text(1, pem) }
        case .refused(let reason): fields.group(2) { $0.text(1, reason) }
        case .keyless: fields.group(3) { _ in }
        }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        switch try fields.caseTag() {
        case 1:
            self = try fields.group(1, "granted") { fields throws(MessageError) in
                .granted(pem: try fields.text(1, "pem", max: Self.pemBytesMax))
            }
        case 2:
            self = try fields.group(2, "refused") { fields throws(MessageError) in
                .refused(reason: try fields.text(1, "reason"))
            }
        case 3: self = try fields.group(3, "keyless") { _ in .keyless }
        case let tag: throw MessageError("", .unknownCase(tag))
        }
    }
}
