// What went wrong with a registry, as a sentence: what was asked, of whom, the answer, and what to do.
import Images

package struct RegistryError: Error, Sendable, CustomStringConvertible {
    /// What callers decide on.
    package enum Kind: Hashable, Sendable {
        /// No, wrong or refused credentials.
        case unauthorized
        /// Known, but without the right to do this.
        case forbidden
        /// There is no such image, tag or repository.
        case notFound
        /// The registry has the image only in part, or gave bytes that don't match their digest.
        case broken
        /// It asked to wait longer than the client waits.
        case rateLimited
        /// It answered with 5xx until the attempts were used up.
        case unavailable
        /// No connection, or it was lost too often, or nothing came in time.
        case unreachable
        /// The document or the answer can't be used.
        case unusable
        /// A bound on size or count was reached.
        case tooLarge
        /// Any other refusal.
        case refused
    }

    package let kind: Kind
    /// What was asked, to be read after "Can't": `get the manifest latest of docker.io/library/alpine`.
    package let request: String
    package let host: String
    /// HTTP status, when there was an answer.
    package let status: Int?
    /// The registry's own codes, at most `codesMax`.
    package let codes: [String]
    package let reason: String
    package let advice: String?

    /// Most error codes kept from one answer.
    static let codesMax = 8

    init(
        _ kind: Kind, _ asked: Asked, status: Int? = nil, codes: [String] = [], reason: String, advice: String? = nil
    ) {
        self.kind = kind
        request = asked.what
        host = asked.host
        self.status = status
        self.codes = codes
        self.reason = reason
        self.advice = advice
    }

    /// The image, tag or repository isn't there (werf's "not found").
    package var isNotFound: Bool { kind == .notFound }

    /// The registry knows us, and does not let us.
    package var isForbidden: Bool { kind == .forbidden }

    /// The image is there but can't be used as it is (werf's "broken"): it is to be marked and built again.
    package var isBroken: Bool { kind == .broken }

    package var description: String {
        let answer = status.map { " (HTTP \($0))" } ?? ""
        return "Can't \(request) at \(host): \(reason)\(answer)." + (advice.map { " \($0)" } ?? "")
    }
}

/// What a request is for, in words, and whom it goes to: for messages and logs.
struct Asked: Sendable {
    let what: String
    let host: String
    /// A 404 without a code means that a part of an image is missing, not the image.
    var isForBlob = false

    func unusable(_ error: ImageError) -> RegistryError {
        RegistryError(.unusable, self, reason: Sentence.withoutPeriod(error.description))
    }
}

enum Sentence {
    static func withoutPeriod(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }
}
