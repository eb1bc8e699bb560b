// What a node tells its peers of itself, and hears of them: the machines of gossip with their clock, keys and links.
import Authority
import Availability
import BlobStore
import Logging
import Membership
import Mesh
import Peering
import Settings
import SystemPackage

struct NodeGossip {
    let name: NodeName
    /// The node's certificate.
    private let key: [UInt8]
    let signer: CertifiedRecords
    private let gossip: GossipLinks
    private let view: MeshView
    private let logger: Logger
    private let reading: @Sendable () -> Membership.ClockReading

    init(
        _ settings: NodeSettings, _ tls: TLSFiles, _ leaf: [UInt8], _ links: PeerLinks, _ view: MeshView,
        _ logger: Logger
    ) throws {
        guard let name = NodeName(settings.name) else { throw UsageError("\(settings.name) is no name of a node") }
        self.name = name
        key = leaf
        signer = CertifiedRecords(
            key: try NodeKey(file: FilePath(tls.key)),
            authority: try AuthorityCertificate(file: FilePath(tls.authority)))
        gossip = GossipLinks(links)
        self.view = view
        self.logger = logger
        let clock = ContinuousClock()
        let start = clock.now
        reading = {
            Membership.ClockReading(
                moment: Moment(nanoseconds: start.duration(to: clock.now).nanoseconds),
                wallMilliseconds: NodeParts.now())
        }
    }

    private static var seed: UInt64 { .random(in: .min ... .max) }

    func member(_ card: MemberCard) -> Member {
        let swim = Swim(
            name: name, card: card, incarnation: UInt64(NodeParts.now()), signer: signer, seed: Self.seed,
            at: reading())
        for row in swim.rows { view.note(row) }
        let world = Member.World(
            send: { [gossip] in await gossip.send($0, to: $1) },
            hear: { [view, logger] effect in
                switch effect {
                case .changed(let row):
                    view.note(row)
                    logger.notice("a member changed", metadata: ["peer": "\(row.name)", "state": "\(row.state)"])
                case .warn(let warning):
                    logger.warning("\(warning.text)", metadata: ["peer": "\(warning.node)"])
                case .send: break
                }
            }, reading: reading, sleep: { try await Task.sleep(for: $0) })
        return Member(swim, world: world)
    }

    func availability() -> AvailabilityKeeper {
        let holdings = Holdings(
            name: name, key: key, epoch: UInt64(NodeParts.now()), signer: signer, seed: Self.seed, at: reading().moment)
        let world = AvailabilityKeeper.World(
            send: { [gossip, view] in await gossip.send($0, to: $1, in: view) },
            hear: { [logger] effect in
                switch effect {
                case .liar(let node):
                    logger.warning(
                        "a node says to hold what it does not: it is asked last", metadata: ["peer": "\(node)"])
                case .warn(let node, let text): logger.warning("\(text)", metadata: ["peer": "\(node)"])
                case .send: break
                }
            }, distance: { [view] in view.distance(to: $0) }, moment: { [reading] in reading().moment },
            sleep: { try await Task.sleep(for: $0) })
        return AvailabilityKeeper(holdings, world: world)
    }
}

extension HeldName {
    init(_ item: StoreWatch.Item) {
        switch item {
        case .step(let digest): self.init(step: digest)
        case .layer(let diffID): self.init(layer: diffID)
        case .blob(let digest): self.init(blob: digest)
        }
    }
}
