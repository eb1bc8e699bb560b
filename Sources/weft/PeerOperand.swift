// A node or client as the command line names it: `NAME=ADDRESS,ADDRESS` or `NAME=CLASS,CLASS`.
import Authority

struct PeerOperand {
    let name: String
    /// What stands behind the sign, in parts.
    let details: [String]

    init(_ text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        name = parts[0]
        try MeshName.check(name)
        details =
            parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init) : []
    }

    /// A node: details are its addresses; without any it is reached by its name.
    func node(classes: [String] = []) throws -> CertificateSubject {
        try CertificateSubject(name: name, role: .node, classes: classes, addresses: addresses)
    }

    /// A client: details are its classes; `default` when there are none.
    func client() throws -> CertificateSubject {
        try CertificateSubject(name: name, role: .client, classes: details.isEmpty ? ["default"] : details)
    }

    /// In the order in which they were given.
    var addresses: [HostAddress] {
        get throws { try details.map { try HostAddress($0) } }
    }

    /// Where a node is called first.
    var home: HostAddress {
        get throws { try addresses.first ?? HostAddress(name) }
    }
}
