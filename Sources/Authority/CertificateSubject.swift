// Whom a certificate speaks for: name, role, classes and addresses.

package enum PeerRole: String, Hashable, Sendable, CaseIterable { case node, client }

package struct CertificateSubject: Hashable, Sendable {
    /// Classes and addresses of one certificate, together.
    package static let entriesMax = 64

    package let name: String
    package let role: PeerRole
    /// In order, each once.
    package let classes: [String]
    /// In order, each once. A node's own name is among them where it can be a DNS name.
    package let addresses: [HostAddress]

    package init(
        name: String, role: PeerRole, classes: [String] = [], addresses: [HostAddress] = []
    ) throws(AuthorityError) {
        try MeshName.check(name)
        for item in classes { try MeshName.check(item) }
        let own: [HostAddress] = role == .node && HostAddress.isDNSName(name) ? [.dns(name)] : []
        self.init(name: name, role: role, classes: Set(classes), addresses: Set(addresses + own))
        guard self.classes.count + self.addresses.count <= Self.entriesMax else {
            throw .unfit(what: "`\(name)`", why: "it has more than \(Self.entriesMax) classes and addresses")
        }
    }

    /// As a certificate says it.
    init(name: String, role: PeerRole, classes: Set<String>, addresses: Set<HostAddress>) {
        self.name = name
        self.role = role
        self.classes = classes.sorted()
        self.addresses = addresses.sorted()
    }

    /// What differs, for people; nil when both are the same.
    package func difference(from other: Self) -> String? {
        func change(_ what: String, _ old: String, _ new: String) -> String? {
            old == new ? nil : "\(what) `\(old)` became `\(new)`"
        }
        func list(_ items: [some CustomStringConvertible]) -> String {
            items.map(\.description).joined(separator: ", ")
        }
        return change("the name", other.name, name) ?? change("the role", other.role.rawValue, role.rawValue)
            ?? change("the classes", list(other.classes), list(classes))
            ?? change("the addresses", list(other.addresses), list(addresses))
    }
}
