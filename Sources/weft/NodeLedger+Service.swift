// Who keeps the ledger and who may have it record what, as a node's config says.
import Ledgers
import Mesh
import Peering
import Settings

extension LedgerService {
    init(_ settings: NodeSettings, _ ledger: NodeLedger?, _ view: MeshView) {
        let name = settings.name
        var current: (@Sendable () throws -> MeshLedger)?
        if let ledger { current = { try ledger.current() } }
        self.init(
            LedgerService.World(
                voters: { Self.voters(settings, view) }, ledger: current,
                initialise: { epoch in
                    guard let ledger else { throw LedgerError.refused("\(name) is no voter of the ledger") }
                    return try await ledger.initialise(epoch)
                }, mayPublish: { settings.buildClass($0)?.mayPublish(to: $1) ?? false }, now: NodeParts.now))
    }

    private static func voters(_ settings: NodeSettings, _ view: MeshView) -> [LedgerVoter] {
        let own = settings.peers?.advertise.description ?? ""
        switch settings.ledger {
        case nil: return []
        case .etcd: return [LedgerVoter(name: settings.name, address: own)]
        case .voters(let names, _):
            return names.map { name in
                let address = name == settings.name ? own : view.address(of: name)?.description ?? ""
                return LedgerVoter(name: name, address: address)
            }
        }
    }
}
