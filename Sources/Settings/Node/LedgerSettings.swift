// `ledger` of a node's config as values: where it is agreed what was published.

package enum LedgerSettings: Equatable, Sendable {
    /// Nodes of the mesh that run etcd. `own` is nil on a node that is none of them.
    case voters(names: [String], own: VoterSettings?)
    /// An etcd that the user runs; this node speaks to it for others.
    case etcd(EtcdSettings)
}

package struct VoterSettings: Equatable, Sendable {
    /// Of etcd, for the other voters; all use the same port.
    package let listen: Endpoint
    /// Of etcd, for this node; on a loopback address.
    package let client: Endpoint
    /// A folder.
    package let data: String
    package let files: LedgerFiles
    /// Bytes of the database.
    package let quota: Int
}

package struct EtcdSettings: Equatable, Sendable {
    /// `http://127.0.0.1:PORT` or `https://HOST:PORT`; at least one.
    package let urls: [String]
    /// Of all keys.
    package let prefix: String
    /// Nil for plain HTTP.
    package let files: LedgerFiles?
}

/// Paths of files that existed when the config was read: of the ledger's own authority, never the mesh's.
package struct LedgerFiles: Equatable, Sendable {
    package let certificate: String
    package let key: String
    package let authority: String
}
