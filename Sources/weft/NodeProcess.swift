// A node while it runs: its store, its links, its view of the mesh, and the listeners; joined here and nowhere else.
import Authority
import Availability
import BlobStore
import Building
import Digests
import Foundation
import Images
import Ledgers
import Logging
import Membership
import Mesh
import Peering
import Registry
import Reports
import Sandbox
import Settings
import Stages
import SystemPackage
import TLS
import Transport

struct NodeProcess {
    let settings: NodeSettings
    let logger: Logger
    let files: MeshFiles
    let store: Store
    let registry: RegistryClient
    let threads: BlockingThreads
    let links: PeerLinks
    let view: MeshView
    let member: Member
    let availability: AvailabilityKeeper
    let host: NodeHost
    let claims: ClaimKeeper
    let layers: PeerLayers
    let ownRegistry: NodeRegistry
    /// Held: the system knows its actors weakly.
    private let desk: NodeDesk
    let serverTLS: CurrentTLSContext
    let clientTLS: CurrentTLSContext
    let peers: PeerSettings
    let denied: DeniedPeers
    let certificates: NodeCertificates
    private let signer: CertifiedRecords
    let verdicts: StepVerdicts
    /// Nil where no class gets a network of its own.
    let networks: NetworkPool?
    /// Nil on a node that is no voter.
    let ledger: NodeLedger?

    init(_ settings: NodeSettings, _ logger: Logger) throws {
        guard let tls = settings.tls, let peers = settings.peers else {
            throw UsageError("`tls` and `peers` of the config are needed: a node is one of a mesh")
        }
        self.settings = settings
        self.logger = logger
        self.peers = peers
        files = MeshFiles(certificate: tls.certificate, key: tls.key, authority: tls.authority, denied: tls.denied)
        denied = DeniedPeers(try files.denyList())
        certificates = try NodeCertificates(tls, denied)
        try certificates.settle()
        let read = try files.read()
        guard read.peer.role == .node, read.peer.name == settings.name else {
            throw UsageError(
                "\(tls.certificate) is for the \(read.peer.role.rawValue) `\(read.peer.name)`, and `name` of the config is "
                    + "`\(settings.name)`")
        }
        serverTLS = try CurrentTLSContext(read.settings(.server))
        clientTLS = try CurrentTLSContext(read.settings(.client))
        try FileManager.default.createDirectory(atPath: settings.store, withIntermediateDirectories: true)
        store = try Store(root: FilePath(settings.store)) { logger.info("\($0)") }
        var configuration = NodeParts.registry(dockerConfig: nil)
        configuration.plainHTTPHosts = try UpstreamRegistries.plainHTTPHosts(of: settings.registry.upstreams)
        registry = RegistryClient(configuration)
        threads = BlockingThreads(count: NodeParts.blockingThreads)
        try NodeParts.makeStateFolder()
        try NodeParts.endDead(of: store) { event in
            if case .warning(let text) = event { logger.warning("\(text)") }
        }
        let system = MeshSystem(
            name: settings.name, program: "weft-" + Weft.version, clock: MeshClock(ContinuousClock()))
        links = PeerLinks(system: system, context: clientTLS, logger: logger)
        view = MeshView(own: settings.name)
        let gossip = try NodeGossip(settings, tls, read.leaf, links, view, logger)
        member = gossip.member(Self.card(settings, peers, read.leaf))
        availability = gossip.availability()
        signer = gossip.signer
        let beliefs = GossipBeliefs(availability)
        layers = PeerLayers(
            store: store, links: links, threads: threads, nodes: { [view] in view.nearest }, beliefs: beliefs,
            logger: logger)
        ownRegistry = try NodeRegistry(
            settings.registry, store: store, threads: threads,
            missing: SourcesInOrder(
                peers: PeerRegistries(links, beliefs: beliefs) { [view] in view.nearest },
                upstreams: UpstreamRegistries(settings.registry.upstreams, registry)), logger: logger)
        networks =
            try settings.classes.contains { $0.network == .nat }
            ? NetworkPool(warn: { logger.warning("\($0)") }) : nil
        claims = Self.claims(gossip.name, links, view)
        verdicts = try StepVerdicts(
            files, signer: try files.signer(read), denial: { [denied] in denied.current.isDenied($0) }, logger)
        ledger = try NodeLedger(
            settings, { [view] in view.address(of: $0).map { Endpoint(host: $0.host, port: $0.port) } }, logger)
        host = Self.host(
            settings, networks, peers, store, registry, threads, links, layers, view, member, availability, claims,
            certificates, verdicts, ledger, logger)
        desk = NodeDesk.open(host, on: system)
    }

    // MARK: Parts

    static func card(_ settings: NodeSettings, _ peers: PeerSettings, _ leaf: [UInt8]) -> MemberCard {
        var card = MemberCard(peerAddress: peers.advertise.description, key: leaf)
        card.registryAddress = settings.registry.advertise.description
        card.zone = settings.zone
        card.slots = UInt32(clamping: settings.capacity.slots)
        card.transfers = UInt32(clamping: settings.capacity.transfers)
        card.memoryBytes = UInt64(clamping: settings.capacity.memory)
        card.version = "weft-" + Weft.version
        return card
    }

    private static func claims(_ name: NodeName, _ links: PeerLinks, _ view: MeshView) -> ClaimKeeper {
        let world = ClaimKeeper.World(
            view: { view.homes }, desk: { try await links.desk(of: $0, in: view) }, clock: MeshClock(ContinuousClock()))
        return ClaimKeeper(own: name, firstNumber: UInt64(clamping: NodeParts.now()), world: world)
    }

    private static func host(
        _ settings: NodeSettings, _ networks: NetworkPool?, _ peers: PeerSettings, _ store: Store,
        _ registry: RegistryClient,
        _ threads: BlockingThreads, _ links: PeerLinks, _ layers: PeerLayers, _ view: MeshView, _ member: Member,
        _ availability: AvailabilityKeeper, _ claims: ClaimKeeper, _ certificates: NodeCertificates,
        _ verdicts: StepVerdicts, _ ledger: NodeLedger?, _ logger: Logger
    ) -> NodeHost {
        let supply = LayerSupply(store: store, registry: registry, published: NoStages(), elsewhere: layers)
        let runtimes = RuntimeChoice(preferred: ProcessInfo.processInfo.environment["WEFT_OCI_RUNTIME"]) {
            logger.warning("\($0)")
        }
        let runner = NodeRunner(
            store: store, supply: supply, runtimes: runtimes, remotes: RemoteFiles(store: store, sharing: registry),
            inputs: NoInputs(), threads: threads, stateRoot: NodeParts.stateRoot(of: store.work.path),
            witness: verdicts)
        let facts = NodeHost.Facts(
            name: settings.name, version: "weft-" + Weft.version, zone: settings.zone,
            peerAddress: peers.advertise.description, registryAddress: settings.registry.advertise.description,
            slots: settings.capacity.slots, transfers: settings.capacity.transfers,
            memoryBytes: Int64(settings.capacity.memory), reserveBytes: Int64(settings.capacity.reserve))
        let surroundings = NodeHost.Surroundings(
            rows: { view.rows.map { MemberRow($0) } },
            gossip: { packet, peer in
                guard let name = NodeName(peer.name) else { return }
                if packet.isAvailability {
                    availability.tell(.received(packet.bytes, from: name))
                } else {
                    member.tell(.received(packet.bytes, from: name))
                }
            }, availability: availability, certificate: { certificates.answer($0, from: $1) },
            drained: { _ in },
            policy: { name in settings.buildClass(name).map { StepPolicy($0, networks) } },
            scope: { name in StepScope(buildClass: name, trusted: settings.buildClass(name)?.reuse ?? []) },
            verdicts: verdicts, claims: claims, ledger: LedgerService(settings, ledger, view),
            ledgerWord: { ledger?.health.word ?? "" })
        return NodeHost(
            facts, store: store, runner: runner, layers: layers,
            contexts: PeerContexts(store: store, links: links, nodes: { view.nearest }), threads: threads,
            surroundings: surroundings, logger: logger)
    }
}

extension NodeProcess {
    /// What this node says of itself and of what it makes is signed with the key of its newest certificate.
    func rekey(_ read: MeshFiles.Read) throws {
        verdicts.replace(by: try files.signer(read))
        signer.replace(by: try NodeKey(file: FilePath(files.key)))
        member.tell(.changed(Self.card(settings, peers, read.leaf)))
        availability.tell(.rekeyed(read.leaf))
    }
}

extension StepPolicy {
    fileprivate init(_ settings: BuildClass, _ networks: NetworkPool?) {
        let network: Network =
            switch settings.network {
            case .host: .host
            case .none: .none
            case .nat: networks.map(Network.own) ?? .none
            }
        self.init(
            network: network,
            limits: StepLimits(
                memory: Int64(settings.memory), processes: Int64(settings.processes), time: settings.time))
    }
}

/// A node is given bases, never stages of a repo that it would have to read.
private struct NoStages: PublishedLayers {
    let isLocal = false

    func image(of stage: StageID) async throws -> BaseImage {
        throw UsageError("the stage \(stage) came to a node without its base")
    }

    func stage(_ reference: ImageReference) -> StageID? { nil }
}

/// Orders bring their own.
private struct NoInputs: StageInputs {
    func writeContext(of stage: StageIndex, _ patterns: [String], into directory: FilePath) throws {}
    func secret(_ id: String, of stage: StageIndex) throws -> [UInt8]? { nil }
}
