// What a node's config says of the registry that it is.

package struct RegistrySettings: Equatable, Sendable {
    package let listen: Endpoint
    package let advertise: Endpoint
    /// Nil: plain HTTP, on a loopback address only.
    package let tls: KeyPair?
    package let anonymousPull: Bool
    /// File of names and hashes of tokens.
    package let users: String?
    package let push: [RepoRule]
    package let pull: [RepoRule]
    package let upstreams: [Upstream]
}

/// Paths of a certificate and its key.
package struct KeyPair: Equatable, Sendable {
    package let certificate: String
    package let key: String
}

package struct RepoRule: Equatable, Sendable {
    package let repos: [RepoPattern]
    package let who: [Principal]

    /// - Parameter principals: all that is known of who asks; `.anyone` is added here.
    package func allows(_ principals: [Principal], repo: String) -> Bool {
        who.contains { $0 == .anyone || principals.contains($0) } && repos.contains { $0.matches(repo) }
    }
}

package struct Upstream: Equatable, Sendable {
    /// As clients ask for it; a registry's host name as a rule.
    package let name: String
    /// Without a slash at its end.
    package let url: String
    package let allow: [RepoPattern]

    package func allows(_ repo: String) -> Bool { allow.contains { $0.matches(repo) } }

    /// Without TLS.
    package var isPlain: Bool { url.hasPrefix("http://") }
    /// HOST[:PORT][/PATH]
    package var place: String { String(url.dropFirst(isPlain ? "http://".count : "https://".count)) }
}
