// What `weft ca` says of one certificate: a line for people, an object for scripts.
import Authority
import SystemPackage

struct IssuedRow: Encodable {
    let name: String
    let role: String
    let classes: [String]
    let addresses: [String]
    let serial: String
    let fingerprint: String
    let notBefore: String
    let notAfter: String
    let daysLeft: Int
    let certificate: String?
    let key: String?
    /// When a voter's certificate of the ledger ends; absent for who is none.
    let ledgerNotAfter: String?
    /// Why it is not good; absent when it is.
    var problem: String?

    init(_ peer: CertifiedPeer, _ entry: AuthorityFolder.Entry?, problem: String? = nil) {
        name = peer.name
        role = peer.role.rawValue
        classes = peer.classes
        addresses = peer.subject.addresses.map(\.description)
        serial = peer.serial
        fingerprint = peer.fingerprint
        notBefore = Clock.text(peer.notBefore)
        notAfter = Clock.text(peer.notAfter)
        daysLeft = max(0, Int((peer.notAfter - Clock.seconds) / MeshAuthority.day))
        certificate = entry?.files.certificate.string
        key = entry?.files.key.string
        let ledger = entry.flatMap { try? LedgerFile(folder: $0.folder) }
        ledgerNotAfter = ledger.map { Clock.text($0.notAfter) }
        self.problem = problem
    }

    /// `node a  10.0.0.1, a  until 2026-12-29T16:00:00Z`, in columns.
    static func lines(_ rows: [IssuedRow]) -> [String] {
        let titles = rows.map { "\($0.role) \($0.name)" }
        let details = rows.map(\.detail)
        let columns = [titles, details].map { $0.map(\.count).max() ?? 0 }
        return zip(rows, zip(titles, details)).map { row, words in
            let (title, detail) = (words.0.padded(to: columns[0]), words.1.padded(to: columns[1]))
            let ledger = row.ledgerNotAfter.map { ", voter until \($0)" } ?? ""
            return "\(title)  \(detail)  until \(row.notAfter)\(ledger)" + (row.problem.map { "  \($0)" } ?? "")
        }
    }

    private var detail: String {
        let isNode = role == PeerRole.node.rawValue
        return (isNode ? addresses : classes.map { "class \($0)" }).joined(separator: ", ")
    }

    /// A line per fact.
    var facts: String {
        let rows = [
            ("name", "\(role) \(name)"), ("classes", classes.joined(separator: ", ")),
            ("addresses", addresses.joined(separator: ", ")), ("valid from", notBefore),
            ("valid until", "\(notAfter), \(daysLeft) days left"), ("serial", serial), ("sha256", fingerprint),
            ("problem", problem ?? "none"),
        ]
        return rows.filter { !$0.1.isEmpty }.map { "\($0.0.padded(to: 12)) \($0.1)\n" }.joined()
    }
}

extension String {
    func padded(to columns: Int) -> String { self + String(repeating: " ", count: max(0, columns - count)) }
}
