// What a node does when it is asked: makes stages, says what it has, gets what it lacks from its peers.
package import BlobStore
package import Building
import Digests
import Glibc
import HTTPMessages
import HTTPTypes
package import Logging
package import Mesh
import Reports
package import Stages
import Synchronization
import SystemPackage

package final class NodeHost: NodeServices {
    /// What does not change while a node runs.
    package struct Facts: Sendable {
        package let name: String
        package let version: String
        package let zone: String
        package let peerAddress: String
        package let registryAddress: String
        package let slots: Int
        package let transfers: Int
        package let memoryBytes: Int64?
        /// Bytes of the disk that are left free: with less the node takes no stage.
        package let reserveBytes: Int64

        package init(
            name: String, version: String, zone: String, peerAddress: String, registryAddress: String, slots: Int,
            transfers: Int, memoryBytes: Int64?, reserveBytes: Int64
        ) {
            self.name = name
            self.version = version
            self.zone = zone
            self.peerAddress = peerAddress
            self.registryAddress = registryAddress
            self.slots = slots
            self.transfers = transfers
            self.memoryBytes = memoryBytes
            self.reserveBytes = reserveBytes
        }
    }

    /// The mesh as the node sees it.
    package struct Surroundings: Sendable {
        package let rows: @Sendable () async -> [MemberRow]
        package let gossip: @Sendable (GossipPacket, PeerIdentity) async -> Void
        package let availability: AvailabilityKeeper
        /// The next certificate of a node; it says why there is none.
        package let certificate: @Sendable (CertificateQuery, PeerIdentity) -> CertificateAnswer
        package let drained: @Sendable (String) -> Void
        /// What stages of a class of builds may; nil for one that may build nothing here.
        package let policy: @Sendable (String) -> StepPolicy?
        /// Whose results a class of builds may take.
        package let scope: @Sendable (String) -> StepScope
        /// Nil for a node that builds whatever it is given.
        package let claims: ClaimKeeper?
        /// Whose results of steps are taken.
        package let verdicts: StepVerdicts
        /// Nil for a node that knows of no ledger.
        package let ledger: LedgerService?
        /// How this node's part of the ledger is; "" where it has none.
        package let ledgerWord: @Sendable () -> String

        package init(
            rows: @escaping @Sendable () async -> [MemberRow],
            gossip: @escaping @Sendable (GossipPacket, PeerIdentity) async -> Void,
            availability: AvailabilityKeeper,
            certificate: @escaping @Sendable (CertificateQuery, PeerIdentity) -> CertificateAnswer,
            drained: @escaping @Sendable (String) -> Void,
            policy: @escaping @Sendable (String) -> StepPolicy?,
            scope: @escaping @Sendable (String) -> StepScope, verdicts: StepVerdicts, claims: ClaimKeeper? = nil,
            ledger: LedgerService? = nil, ledgerWord: @escaping @Sendable () -> String = { "" }
        ) {
            self.rows = rows
            self.gossip = gossip
            self.availability = availability
            self.certificate = certificate
            self.drained = drained
            self.policy = policy
            self.scope = scope
            self.claims = claims
            self.verdicts = verdicts
            self.ledger = ledger
            self.ledgerWord = ledgerWord
        }
    }

    let facts: Facts
    let store: Store
    let runner: NodeRunner
    let layers: PeerLayers
    let contexts: PeerContexts
    let threads: BlockingThreads
    private let admission: Admission
    let surroundings: Surroundings
    let logger: Logger
    private let isDraining = Mutex(false)

    package init(
        _ facts: Facts, store: Store, runner: NodeRunner, layers: PeerLayers, contexts: PeerContexts,
        threads: BlockingThreads, surroundings: Surroundings, logger: Logger
    ) {
        self.facts = facts
        self.store = store
        self.runner = runner
        self.layers = layers
        self.contexts = contexts
        self.threads = threads
        self.surroundings = surroundings
        self.logger = logger
        admission = Admission(slots: facts.slots)
    }

    package func card() -> NodeCard {
        let counts = admission.counts
        return NodeCard(
            name: facts.name, version: facts.version, zone: facts.zone, peerAddress: facts.peerAddress,
            registryAddress: facts.registryAddress, slots: facts.slots, transfers: facts.transfers,
            memoryBytes: facts.memoryBytes,
            // A node without room takes nothing until there is some.
            isDraining: isDraining.withLock { $0 } || room < facts.reserveBytes, running: counts.running,
            waiting: counts.waiting, ledger: surroundings.ledgerWord())
    }

    package func members() async -> MemberRows { MemberRows(rows: await surroundings.rows()) }

    package func gossip(_ packet: GossipPacket, from peer: PeerIdentity) async -> GossipPacket {
        await surroundings.gossip(packet, peer)
        return GossipPacket(bytes: [])
    }

    package func availability(_ query: AvailabilityQuery) async -> AvailabilityAnswer {
        await surroundings.availability.answer(query)
    }

    package func certificate(_ query: CertificateQuery, from peer: PeerIdentity) async -> CertificateAnswer {
        surroundings.certificate(query, peer)
    }

    package func ledger(_ query: LedgerQuery, from peer: PeerIdentity) async -> LedgerAnswer {
        await surroundings.ledger?.answer(query, from: peer) ?? .voters([])
    }

    /// A node asks for the builds whose orders it has, whatever their class; a client for classes of its own.
    @concurrent package func remembered(_ query: StepQuery) async -> RememberedSteps {
        let peer = IncomingCall.current?.peer
        guard peer == nil || peer?.role == .node || peer?.classes.contains(query.buildClass) == true else {
            return RememberedSteps(steps: [:])
        }
        let (runner, threads, scope) = (runner, threads, surroundings.scope(query.buildClass))
        return await withTaskExecutorPreference(threads) {
            RememberedSteps(steps: runner.memory.remembered(query.steps, by: scope))
        }
    }

    // MARK: Stages

    @concurrent package func perform(
        _ order: ShippedOrder, events: EventQueue
    ) async -> StageOutcome {
        for layer in order.layers { layers.note(layer.holders, have: layer.diffID) }
        // A stage that says more than its watcher hears waits for it; it reports on a thread of its own.
        let starts = FirstStart()
        let report: @Sendable (BuildEvent) -> Void = { event in
            guard starts.mayPass(event) else { return }
            if case .stageOutput = event { while events.isFull, !Task.isCancelled { BlockingThreads.pause() } }
            events.add(event)
        }
        guard let peer = IncomingCall.current?.peer, peer.classes.contains(order.buildClass),
            let policy = surroundings.policy(order.buildClass)
        else {
            return .refused(reason: "\(facts.name) does not build for you as class `\(order.buildClass)`")
        }
        if let problem = order.nameProblem {
            logger.warning(
                "an order is not what it is called",
                metadata: ["peer": "\(peer.name)", "stage": "\(order.order.title)", "reason": "\(problem)"])
            return .failed(message: "\(facts.name) refuses \(order.order.title): \(problem)", isRetryable: false)
        }
        guard room >= facts.reserveBytes else {
            return .refused(reason: "\(facts.name) has less than \(facts.reserveBytes) bytes of disk left")
        }
        guard !isDraining.withLock({ $0 }) else { return .refused(reason: "\(facts.name) takes no more work") }
        guard let claims = surroundings.claims, let want = order.want else { return await make(order, policy, report) }
        let begun = ContinuousClock.now
        do {
            return try await claims.once(want) {
                self.noteWaiting(order.order, for: $0, report)
            } take: { node in
                try await self.result(of: node, order, since: begun, claims, report).map { .made($0) }
            } build: {
                let outcome = await self.make(order, policy, report)
                return if case .made = outcome { (outcome, true) } else { (outcome, false) }
            }
        } catch {
            logger.info("a stage was stopped while it waited", metadata: ["stage": "\(order.order.title)"])
            return .stopped
        }
    }

    private func make(
        _ order: ShippedOrder, _ policy: StepPolicy, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async -> StageOutcome {
        let title = "\(order.order.title)"
        do {
            let result = try await admission.run(order.build) {
                logger.info("a stage runs", metadata: ["stage": "\(title)", "build": "\(order.build)"])
                report(.stageStarted(order.order.title))
                let inputs = ShippedInputs(order, store: store)
                let scope = surroundings.scope(order.buildClass)
                return try await runner.taking(inputs, under: policy, scope: scope).run(order.order, report: report)
            }
            guard let result else { return .refused(reason: "\(facts.name) takes no more work") }
            logger.info("a stage is made", metadata: ["stage": "\(title)", "took": "\(result.duration)"])
            return .made(result)
        } catch is CancellationError {
            logger.info("a stage was stopped", metadata: ["stage": "\(title)"])
            return .stopped
        } catch let trouble as StageTrouble {
            logger.warning("a stage could not run", metadata: ["stage": "\(title)", "reason": "\(trouble)"])
            return trouble.cause == .base
                ? .unsupplied(message: "\(trouble)") : .failed(message: "\(trouble)", isRetryable: true)
        } catch {
            logger.info("a stage failed", metadata: ["stage": "\(title)", "reason": "\(error)"])
            let isFull = room < max(Self.roomMin, facts.reserveBytes)
            return .failed(
                message: isFull ? "\(error) (and the disk of \(facts.name) is nearly full)" : "\(error)",
                isRetryable: isFull || error is any RetryableFailure)
        }
    }

    /// With less room than this a command that failed may well have failed for want of it, bytes.
    private static let roomMin: Int64 = 16 << 20

    /// Bytes that the store's file system has left.
    private var room: Int64 {
        var status = statvfs()
        guard unsafe statvfs(store.root.string, &status) == 0 else { return .max }
        return Int64(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    }

    /// Takes nothing new from now on.
    package func drain(_ reason: String) {
        guard
            isDraining.withLock({ isDraining in
                defer { isDraining = true }
                return !isDraining
            })
        else { return }
        logger.notice("drains", metadata: ["reason": "\(reason)"])
        admission.close()
        surroundings.drained(reason)
    }
}
