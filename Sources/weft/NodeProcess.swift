// A node while it runs: its store, its links, its view of the mesh, and the listeners; joined here and nowhere else.
import Authority
import BlobStore
import Building
import Digests
import Foundation
import Images
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
    let host: NodeHost
    let claims: ClaimKeeper
    let layers: PeerLayers
    let ownRegistry: NodeRegistry
    /// Held: the system knows its actors weakly.
    private let desk: NodeDesk
    private let serverTLS: CurrentTLSContext
    private let clientTLS: CurrentTLSContext
    private let peers: PeerSettings
    private let denied: DeniedPeers
    /// Nil where no class gets a network of its own.
    private let networks: NetworkPool?

    init(_ settings: NodeSettings, _ logger: Logger) throws {
        guard let tls = settings.tls, let peers = settings.peers else {
            throw UsageError("`tls` and `peers` of the config are needed: a node is one of a mesh")
        }
        self.settings = settings
        self.logger = logger
        self.peers = peers
        files = MeshFiles(certificate: tls.certificate, key: tls.key, authority: tls.authority, denied: tls.denied)
        let read = try files.read()
        guard read.peer.role == .node, read.peer.name == settings.name else {
            throw UsageError(
                "\(tls.certificate) is for the \(read.peer.role.rawValue) `\(read.peer.name)`, and `name` of the config is "
                    + "`\(settings.name)`")
        }
        serverTLS = try CurrentTLSContext(read.settings(.server))
        clientTLS = try CurrentTLSContext(read.settings(.client))
        denied = DeniedPeers(try files.denyList())
        try FileManager.default.createDirectory(atPath: settings.store, withIntermediateDirectories: true)
        store = try Store(root: FilePath(settings.store)) { logger.info("\($0)") }
        registry = RegistryClient(NodeParts.registry(dockerConfig: nil))
        threads = BlockingThreads(count: NodeParts.blockingThreads)
        try NodeParts.makeStateFolder()
        try NodeParts.endDead(of: store) { event in
            if case .warning(let text) = event { logger.warning("\(text)") }
        }
        let system = MeshSystem(
            name: settings.name, program: "weft-" + Weft.version, clock: MeshClock(ContinuousClock()))
        links = PeerLinks(system: system, context: clientTLS, logger: logger)
        view = MeshView(own: settings.name)
        member = try Self.member(settings, peers, read, tls, links, view, logger)
        layers = PeerLayers(
            store: store, links: links, threads: threads, nodes: { [view] in view.nearest }, logger: logger)
        ownRegistry = try NodeRegistry(
            settings.registry, store: store, threads: threads,
            missing: PeerRegistries(links) { [view] in view.nearest }, logger: logger)
        networks =
            try settings.classes.contains { $0.network == .nat }
            ? NetworkPool(warn: { logger.warning("\($0)") }) : nil
        claims = try Self.claims(settings, links, view)
        host = Self.host(
            settings, networks, peers, store, registry, threads, links, layers, view, member, claims, logger)
        desk = NodeDesk.open(host, on: system)
    }

    // MARK: Parts

    private static func member(
        _ settings: NodeSettings, _ peers: PeerSettings, _ read: MeshFiles.Read, _ tls: TLSFiles, _ links: PeerLinks,
        _ view: MeshView, _ logger: Logger
    ) throws -> Member {
        guard let name = NodeName(settings.name) else { throw UsageError("\(settings.name) is no name of a node") }
        let signer = CertifiedRecords(
            key: try NodeKey(file: FilePath(tls.key)),
            authority: try AuthorityCertificate(file: FilePath(tls.authority)))
        let (clock, gossip) = (ContinuousClock(), GossipLinks(links))
        let start = clock.now
        let reading: @Sendable () -> Membership.ClockReading = {
            Membership.ClockReading(
                moment: Moment(nanoseconds: start.duration(to: clock.now).nanoseconds),
                wallMilliseconds: NodeParts.now())
        }
        let swim = Swim(
            name: name, card: card(settings, peers, read.leaf), incarnation: UInt64(NodeParts.now()), signer: signer,
            seed: UInt64.random(in: .min ... .max), at: reading())
        for row in swim.rows { view.note(row) }
        let world = Member.World(
            send: { await gossip.send($0, to: $1) },
            hear: { effect in
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

    private static func card(_ settings: NodeSettings, _ peers: PeerSettings, _ leaf: [UInt8]) -> MemberCard {
        var card = MemberCard(peerAddress: peers.advertise.description, key: leaf)
        card.registryAddress = settings.registry.advertise.description
        card.zone = settings.zone
        card.slots = UInt32(clamping: settings.capacity.slots)
        card.transfers = UInt32(clamping: settings.capacity.transfers)
        card.memoryBytes = UInt64(clamping: settings.capacity.memory)
        card.version = "weft-" + Weft.version
        return card
    }

    private static func claims(_ settings: NodeSettings, _ links: PeerLinks, _ view: MeshView) throws -> ClaimKeeper {
        guard let name = NodeName(settings.name) else { throw UsageError("\(settings.name) is no name of a node") }
        let world = ClaimKeeper.World(
            view: { view.homes }, desk: { try await links.desk(of: $0, in: view) }, clock: MeshClock(ContinuousClock()))
        return ClaimKeeper(own: name, firstNumber: UInt64(clamping: NodeParts.now()), world: world)
    }

    private static func host(
        _ settings: NodeSettings, _ networks: NetworkPool?, _ peers: PeerSettings, _ store: Store,
        _ registry: RegistryClient,
        _ threads: BlockingThreads, _ links: PeerLinks, _ layers: PeerLayers, _ view: MeshView, _ member: Member,
        _ claims: ClaimKeeper, _ logger: Logger
    ) -> NodeHost {
        let supply = LayerSupply(store: store, registry: registry, published: NoStages(), elsewhere: layers)
        let runtimes = RuntimeChoice(preferred: ProcessInfo.processInfo.environment["WEFT_OCI_RUNTIME"]) {
            logger.warning("\($0)")
        }
        let runner = NodeRunner(
            store: store, supply: supply, runtimes: runtimes, remotes: RemoteFiles(store: store, sharing: registry),
            inputs: NoInputs(), threads: threads, stateRoot: NodeParts.stateRoot(of: store.work.path))
        let facts = NodeHost.Facts(
            name: settings.name, version: "weft-" + Weft.version, zone: settings.zone,
            peerAddress: peers.advertise.description, registryAddress: settings.registry.advertise.description,
            slots: settings.capacity.slots, transfers: settings.capacity.transfers,
            memoryBytes: Int64(settings.capacity.memory), reserveBytes: Int64(settings.capacity.reserve))
        let surroundings = NodeHost.Surroundings(
            rows: { view.rows.map { MemberRow($0) } },
            gossip: { packet, peer in
                guard let name = NodeName(peer.name) else { return }
                member.tell(.received(packet.bytes, from: name))
            },
            drained: { _ in },
            policy: { name in settings.buildClass(name).map { StepPolicy($0, networks) } }, claims: claims)
        return NodeHost(
            facts, store: store, runner: runner, layers: layers,
            contexts: PeerContexts(store: store, links: links, nodes: { view.nearest }), threads: threads,
            surroundings: surroundings, logger: logger)
    }

    // MARK: Running

    /// Runs until a signal asks for the end, and until what runs then has ended or its time is over.
    func run() async throws {
        let listeners = try await listen()
        logger.notice(
            "weft node \(settings.name) is up",
            metadata: [
                "peers": "\(peers.listen)", "registry": "\(settings.registry.listen)", "store": "\(settings.store)",
                "slots": "\(settings.capacity.slots)",
            ])
        member.tell(.join(peers.join.map(\.description)))
        let (stopped, stop) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let signals = StopSignals()
        signals.call { stop.finish() }
        await withDiscardingTaskGroup { group in
            for listener in listeners { group.addTask { await listener.run() } }
            group.addTask { await links.run() }
            group.addTask { await member.run() }
            group.addTask { await claims.run() }
            group.addTask { await keepNetworks() }
            group.addTask { await StoreCleaning.keep(store, within: settings.capacity, on: threads, logger) }
            group.addTask { await reload() }
            for await _ in stopped {}
            await end(listeners)
            group.cancelAll()
        }
        try? await registry.shutdown()
        try? FileManager.default.removeItem(atPath: NodeParts.stateRoot(of: store.work.path))
        try? store.close()
        logger.notice("weft node \(settings.name) has ended")
    }

    private func keepNetworks() async {
        do {
            try await networks?.serve()
        } catch { logger.error("steps get no networks of their own any more", metadata: ["reason": "\(error)"]) }
    }

    private func listen() async throws -> [Listener] {
        let service = PeerService(
            system: links.system, blobs: BlobService(store: store, threads: threads), registry: ownRegistry.forPeers,
            refusal: { [denied] in denied.refusal(of: $0) }, logger: logger)
        let peerListener = try await Listener.bind(
            address: peers.listen.host, port: peers.listen.port, tls: serverTLS, service: service, limits: .peers,
            logger: logger)
        let registryListener = try await ownRegistry.listen(settings.registry, logger: logger)
        guard let metrics = settings.metrics else { return [peerListener, registryListener] }
        let sources = NodeMetrics.Sources(
            card: { [host] in host.card() }, rows: { [view] in view.rows }, member: member,
            calls: links.system.counts, claims: claims, layers: layers, registry: ownRegistry.service,
            traffic: { [("peers", peerListener.traffic), ("registry", registryListener.traffic)] },
            certificateEnd: { [files] in (try? files.read())?.peer.notAfter ?? 0 })
        let metricsListener = try await Listener.bind(
            address: metrics.host, port: metrics.port, tls: nil, service: NodeMetrics(sources: sources),
            limits: .registry, logger: logger)
        return [peerListener, registryListener, metricsListener]
    }

    /// Takes nothing new, lets what runs end, and says goodbye.
    private func end(_ listeners: [Listener]) async {
        host.drain("it was asked to end")
        let deadline = ContinuousClock.now.advanced(by: settings.drainTimeout)
        while host.card().running > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(100))
        }
        member.tell(.leave)
        // Some rounds of gossip spread it.
        try? await Task.sleep(for: .seconds(1))
        links.system.leave("it was asked to end")
        for listener in listeners { await listener.drain(within: .seconds(2)) }
    }

    /// Between two looks at whether certificates changed.
    private static let reloadInterval = Duration.seconds(15)

    /// New certificates and deny lists are used for new connections.
    private func reload() async {
        var seen = files.changedAt
        while (try? await Task.sleep(for: Self.reloadInterval)) != nil {
            guard files.changedAt != seen else { continue }
            seen = files.changedAt
            do {
                let read = try files.read()
                try serverTLS.replace(by: read.settings(.server))
                try clientTLS.replace(by: read.settings(.client))
                denied.replace(by: try files.denyList())
                member.tell(.changed(Self.card(settings, peers, read.leaf)))
                logger.notice("certificates were read again", metadata: ["until": "\(read.peer.notAfter)"])
            } catch {
                logger.error("certificates were not read again", metadata: ["reason": "\(error)"])
            }
        }
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
