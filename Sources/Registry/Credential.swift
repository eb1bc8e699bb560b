// Who we are for a registry, in a form that can't be printed by accident.

/// A way to prove who we are. Printing or dumping it shows nothing.
package enum Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    case password(user: String, password: String)
    /// An OAuth 2 refresh token.
    case identityToken(String)

    package var description: String { "(credential)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where credentials come from.
package protocol CredentialSource: Sendable {
    /// The credential for `host` (`docker.io`, `localhost:5000`); nil when there is none.
    func credential(for host: String) async throws -> Credential?
}

/// Always anonymous.
package struct NoCredentials: CredentialSource {
    package init() {}

    package func credential(for host: String) async -> Credential? { nil }
}

/// Credentials known from elsewhere, by host.
package struct FixedCredentials: CredentialSource {
    private let credentials: [String: Credential]

    package init(_ credentials: [String: Credential]) { self.credentials = credentials }

    package func credential(for host: String) async -> Credential? { credentials[host] }
}
