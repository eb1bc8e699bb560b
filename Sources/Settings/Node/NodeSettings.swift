// A node's config as values, all defaults applied.

package struct NodeSettings: Equatable, Sendable {
    package let name: String
    package let zone: String
    /// Absolute, or relative to where the file's path began.
    package let store: String
    /// Nil for a node without a mesh.
    package let tls: TLSFiles?
    /// Nil for a node without a mesh.
    package let peers: PeerSettings?
    package let registry: RegistrySettings
    package let capacity: CapacitySettings
    /// At least one, each name once.
    package let classes: [BuildClass]
    /// Nil for a mesh without one.
    package let ledger: LedgerSettings?
    /// Nil: no metrics.
    package let metrics: Endpoint?
    package let log: LogSettings
    package let drainTimeout: Duration

    package func buildClass(_ name: String) -> BuildClass? { classes.first { $0.name == name } }
}

/// Paths of files that existed when the config was read.
package struct TLSFiles: Equatable, Sendable {
    package let certificate: String
    package let key: String
    package let authority: String
    package let denied: String?
    /// This node may renew others' certificates.
    package let authorityKey: String?

    package init(certificate: String, key: String, authority: String, denied: String?, authorityKey: String?) {
        self.certificate = certificate
        self.key = key
        self.authority = authority
        self.denied = denied
        self.authorityKey = authorityKey
    }
}

package struct PeerSettings: Equatable, Sendable {
    package let listen: Endpoint
    package let advertise: Endpoint
    package let join: [Endpoint]
}

package struct CapacitySettings: Equatable, Sendable {
    /// Stages at once.
    package let slots: Int
    /// Layers at once.
    package let transfers: Int
    /// Bytes.
    package let memory: Int
    /// Bytes; nil: no bound of its own.
    package let disk: Int?
    /// Bytes left free.
    package let reserve: Int
}

package struct BuildClass: Equatable, Sendable {
    package enum Network: String, CaseIterable, Sendable { case host, nat, none }

    package let name: String
    package let network: Network
    package let publish: [RepoPattern]
    /// Bytes of one stage.
    package let memory: Int
    /// Of one stage.
    package let processes: Int
    /// Of one stage.
    package let time: Duration
    /// Other classes whose stages it may reuse.
    package let reuse: [String]

    /// - Parameter repo: with or without its registry. A pattern without one is for all registries.
    package func mayPublish(to repo: String) -> Bool {
        let path = repo.split(separator: "/", maxSplits: 1).last.map(String.init) ?? repo
        let hasRegistry = repo.prefix { $0 != "/" }.contains { ".:".contains($0) } || repo.hasPrefix("localhost/")
        return publish.contains { $0.matches(repo) || hasRegistry && $0.matches(path) }
    }

    package func mayReuse(from other: String) -> Bool { other == name || reuse.contains(other) }
}

package struct LogSettings: Equatable, Sendable {
    package enum Level: String, CaseIterable, Sendable { case debug, info, warning, error }
    package enum Format: String, CaseIterable, Sendable { case text, json }

    package let level: Level
    package let format: Format
}
