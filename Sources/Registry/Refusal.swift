// A registry's refusal: the error document of the distribution specification, turned into a RegistryError.
import FoundationEssentials
import Images

struct Refusal {
    let status: Int
    let codes: [String]
    let message: String

    /// Most of an error document that is read, in bytes.
    static let bytesMax = 64 << 10

    init(status: Int, body: [UInt8]) {
        self.status = status
        let written = (try? JSONDecoder().decode(WrittenErrors.self, from: Data(body)))?.errors ?? []
        codes = written.prefix(RegistryError.codesMax).compactMap {
            $0.code.map { PrintableText.escaped($0, charactersMax: 64) }
        }
        message = written.lazy.compactMap(\.message).first { !$0.isEmpty }.map { PrintableText.escaped($0) } ?? ""
    }

    /// werf's classes (its registry codes for broken and for missing images).
    private static let brokenCodes: Set<String> = [
        "BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN",
        "MANIFEST_INVALID", "MANIFEST_UNVERIFIED", "NAME_INVALID",
    ]
    private static let missingCodes: Set<String> = ["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND"]

    func error(_ asked: Asked) -> RegistryError {
        let kind = kind(asked)
        return RegistryError(
            kind, asked, status: status, codes: codes, reason: reason(kind, asked), advice: advice(kind, asked))
    }

    private func kind(_ asked: Asked) -> RegistryError.Kind {
        if codes.contains(where: Self.missingCodes.contains) { return .notFound }
        if codes.contains(where: Self.brokenCodes.contains) { return .broken }
        switch status {
        case 401: return .unauthorized
        case 403: return .forbidden
        case 404: return asked.isForBlob ? .broken : .notFound
        case 413: return .tooLarge
        case 429: return .rateLimited
        case 500...599: return .unavailable
        default: return .refused
        }
    }

    private func reason(_ kind: RegistryError.Kind, _ asked: Asked) -> String {
        let usual =
            switch kind {
            case .unauthorized: "it asks for credentials, or doesn't accept those it got"
            case .forbidden: "these credentials may not do it"
            case .notFound: "there is none"
            case .broken: asked.isForBlob ? "a part of the image is missing or damaged" : "the image is damaged"
            case .tooLarge: "it is larger than the registry takes"
            case .rateLimited: "too many requests"
            default: "the registry refused"
            }
        let own = [codes.joined(separator: ", "), message].filter { !$0.isEmpty }.joined(separator: ": ")
        return own.isEmpty ? usual : "\(usual): \(own)"
    }

    private func advice(_ kind: RegistryError.Kind, _ asked: Asked) -> String? {
        switch kind {
        case .unauthorized: "Add credentials with \"docker login \(asked.host)\"."
        case .forbidden: "Ask for the right, or log in as somebody who has it with \"docker login \(asked.host)\"."
        case .rateLimited: "Wait, log in with \"docker login \(asked.host)\", or use a mirror."
        case .unavailable: "Try again later."
        default: nil
        }
    }
}

private struct WrittenErrors: Decodable {
    let errors: [WrittenError]?
}

private struct WrittenError: Decodable {
    let code: String?
    let message: String?
}
