// A connection that could not be made, or was lost: not an answer.
import AsyncHTTPClient
import Images
import NIOSSL

struct LinkFailure: Error {
    let reason: String
    /// The other side doesn't speak TLS, or its certificate isn't trusted.
    var tls = TLSProblem.none

    enum TLSProblem { case none, notSpoken, notTrusted }

    /// Sorts what the HTTP client throws; a cancelled task stays a cancellation, a source's error stays its own.
    static func from(_ error: any Error) throws -> LinkFailure {
        if let failure = error as? SourceFailure { throw failure.error }
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        if let failure = error as? LinkFailure { return failure }
        if let error = error as? HTTPClientError { return LinkFailure(reason: words(error)) }
        let text = String(describing: error)
        // BoringSSL's names for its reasons; NIOSSL has no typed form of them.
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return LinkFailure(reason: "it doesn't speak TLS", tls: .notSpoken)
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") || error is NIOSSLExtraError {
            return LinkFailure(reason: "its certificate isn't trusted", tls: .notTrusted)
        }
        if error is NIOSSLError { return LinkFailure(reason: "no TLS connection: \(escaped(text))", tls: .notSpoken) }
        // NIOPosix's errors have no fields worth a dependency on NIOPosix.
        if text.hasPrefix("DNS error") { return LinkFailure(reason: "its name is unknown") }
        if text.contains("Connection refused") { return LinkFailure(reason: "no connection: refused") }
        if text.hasPrefix("Connection errors") { return LinkFailure(reason: "no connection: \(escaped(text))") }
        return LinkFailure(reason: "the connection was lost: \(escaped(text))")
    }

    func error(_ asked: Asked) -> RegistryError {
        let advice: String? =
            switch tls {
            case .notSpoken: "If it speaks plain HTTP on purpose, allow that with --insecure-registry."
            case .notTrusted:
                "Add its authority to the system's certificates, or allow it with --skip-tls-verify-registry."
            case .none: nil
            }
        return RegistryError(.unreachable, asked, reason: reason, advice: advice)
    }

    private static func words(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "no connection in time"
        case .readTimeout, .deadlineExceeded: "no answer in time"
        case .writeTimeout: "it took nothing for too long"
        case .tlsHandshakeTimeout: "no TLS connection in time"
        case .remoteConnectionClosed, .uncleanShutdown: "the connection was closed in the middle"
        default: "the connection was lost: \(escaped(String(describing: error)))"
        }
    }

    private static func escaped(_ text: String) -> String { PrintableText.escaped(text, charactersMax: 200) }
}
