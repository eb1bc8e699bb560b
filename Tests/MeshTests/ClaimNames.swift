// Nodes, homes and keys for tests of claims.
import Digests
import Membership
import Mesh

enum ClaimNames {
    static func node(_ number: Int) -> NodeName {
        guard let name = NodeName("n\(number)") else { preconditionFailure("a name") }
        return name
    }

    static func homes(_ numbers: some Sequence<Int>) -> Homes {
        Homes(numbers.map { (name: node($0), weight: 2) })
    }

    static func key(_ number: Int) -> ClaimKey { ClaimKey(buildClass: "", digest: StageDigest(of: ["k\(number)"])) }
}
