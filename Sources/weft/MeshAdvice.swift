// What to copy where, and what to run next, after a mesh was made.
import Authority
import SystemPackage

struct MeshAdvice {
    let mesh: MeshPlan
    let files: AuthorityFolder
    let authority: AuthorityCertificate
    let rows: [IssuedRow]

    var text: String {
        get throws {
            let made = IssuedRow.lines(rows).map { "  \($0)\n" }.joined()
            return "`\(authority.name)` is in \(files.path), until \(Clock.text(authority.notAfter)).\n" + made
                + (try nodes) + ledger + clients + rest
        }
    }

    private var nodes: String {
        get throws {
            guard !mesh.nodes.isEmpty else { return "\nNext: weft ca issue node NAME=ADDRESS\n" }
            if mesh.isOneHost {
                let lines = mesh.nodes.map { "  weft node --config \(folder(.node, $0))/node.yaml\n" }
                return "\nStart the nodes, each in a terminal of its own:\n" + lines.joined()
            }
            let lines = try mesh.nodes.map { node in
                "  scp -r \(folder(.node, node))/. root@\(try node.home):/etc/weft/\n"
            }
            return "\nCopy each node's folder to its host (make /etc/weft first, mode 0700):\n" + lines.joined()
                + "and start it there:\n  weft node --config /etc/weft/node.yaml\n"
                + "or as a service, with cluster-config/weft-node.service:\n  systemctl enable --now weft-node\n"
        }
    }

    private var ledger: String {
        guard !mesh.voters.isEmpty, let first = mesh.clients.first else { return "" }
        return
            "\nWhen they run, make the ledger, once (\(mesh.voters.map(\.name).joined(separator: ", ")) keep it, with etcd):\n"
            + "  weft mesh ledger init --mesh \(folder(.client, first))/mesh.yaml\n"
    }

    private var clients: String {
        guard let first = mesh.clients.first else { return "\nA client: weft ca issue client NAME\n" }
        return "\nBuild with it:\n  weft build --mesh \(folder(.client, first))/mesh.yaml\n"
            + "or copy the folder to ~/.weft on the host that builds: `weft build` looks there.\n"
    }

    private var rest: String {
        """

        Keep \(files.path)/\(MeshAuthority.keyFileName) here, and keep it safe: who has it can make nodes and clients.
        Certificates of nodes last 30 days, of clients one. `weft ca renew --all` makes new ones; or give the key to
        one node (tls.authorityKey in its config), which renews the nodes' certificates by itself.

        """
    }

    private func folder(_ role: PeerRole, _ operand: PeerOperand) -> String {
        files.entry(role, operand.name).folder.string
    }
}
