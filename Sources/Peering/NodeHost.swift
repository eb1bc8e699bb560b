// What a node does when it is asked: makes stages, says what it has, gets what it lacks from its peers.
package import BlobStore
package import Building
import Digests
import HTTPMessages
import HTTPTypes
package import Logging
package import Mesh
package import Reports
import Stages
import Synchronization

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

        package init(
            name: String, version: String, zone: String, peerAddress: String, registryAddress: String, slots: Int,
            transfers: Int, memoryBytes: Int64?
        ) {
            self.name = name
            self.version = version
            self.zone = zone
            self.peerAddress = peerAddress
            self.registryAddress = registryAddress
            self.slots = slots
            self.transfers = transfers
            self.memoryBytes = memoryBytes
        }
    }

    /// The mesh as the node sees it.
    package struct Surroundings: Sendable {
        package let rows: @Sendable () async -> [MemberRow]
        package let gossip: @Sendable (GossipPacket, PeerIdentity) async -> Void
        package let drained: @Sendable (String) -> Void

        package init(
            rows: @escaping @Sendable () async -> [MemberRow],
            gossip: @escaping @Sendable (GossipPacket, PeerIdentity) async -> Void,
            drained: @escaping @Sendable (String) -> Void
        ) {
            self.rows = rows
            self.gossip = gossip
            self.drained = drained
        }
    }

    private let facts: Facts
    private let store: Store
    private let runner: NodeRunner
    private let layers: PeerLayers
    private let contexts: PeerContexts
    private let threads: BlockingThreads
    private let admission: Admission
    private let surroundings: Surroundings
    private let logger: Logger
    private let isDraining = Mutex(false)

    /// Threads that compress one layer for a peer.
    private static let compressionCores = 2

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
            memoryBytes: facts.memoryBytes, isDraining: isDraining.withLock { $0 }, running: counts.running,
            waiting: counts.waiting)
    }

    package func members() async -> MemberRows { MemberRows(rows: await surroundings.rows()) }

    package func gossip(_ packet: GossipPacket, from peer: PeerIdentity) async -> GossipPacket {
        await surroundings.gossip(packet, peer)
        return GossipPacket(bytes: [])
    }

    package func remembered(_ query: StepQuery) async -> RememberedSteps {
        let (runner, threads) = (runner, threads)
        return await withTaskExecutorPreference(threads) {
            RememberedSteps(steps: await runner.remembered(query.steps))
        }
    }

    package func layerBlobs(_ query: LayerQuery) async -> LayerBlobs {
        let (store, threads) = (store, threads)
        return await withTaskExecutorPreference(threads) {
            LayerBlobs(
                blobs: query.diffIDs.compactMap { diffID in
                    guard store.layers.contains(diffID),
                        let blob = try? store.layers.compressed(diffID, cores: Self.compressionCores)
                    else { return nil }
                    return LayerBlob(diffID: diffID, blob: blob.digest, byteCount: blob.byteCount)
                })
        }
    }

    /// What neither this node nor, where a coordinator asks, any of its peers has.
    package func lacking(_ query: NeedsQuery) async -> Lacking {
        let isCoordinator = IncomingCall.current?.peer.role != .node
        // What is said to be here stays for a while.
        try? store.pins.leaseBlobs(query.objects)
        try? store.pins.leaseLayers(query.layers.map(\.diffID))
        var objects = query.objects.filter { !store.blobs.contains($0) }
        if isCoordinator, !objects.isEmpty { objects = await contexts.bring(objects) }
        var layers: [BlobDigest] = []
        // Peers are asked for layers one by one, and by coordinators only: nobody asks for another who asks.
        for layer in isCoordinator ? query.layers : [] where await !bring(layer) { layers.append(layer.diffID) }
        return Lacking(objects: objects, layers: layers)
    }

    private func bring(_ layer: ShippedLayer) async -> Bool {
        if store.layers.contains(layer.diffID) { return true }
        if let blob = layer.blob, store.blobs.contains(blob) {
            let (store, threads) = (store, threads)
            let isUnpacked = await withTaskExecutorPreference(threads) {
                (try? store.layers.unpack(blob, expecting: layer.diffID)) != nil
            }
            if isUnpacked { return true }
        }
        layers.note(layer.holders, have: layer.diffID)
        let name = LayerName(diffID: layer.diffID, byteCount: layer.byteCount)
        return (try? await layers.bring(name) { _ in }) ?? false
    }

    // MARK: Stages

    package func perform(
        _ order: ShippedOrder, report: @escaping @Sendable (BuildEvent) -> Void
    ) async -> StageOutcome {
        for layer in order.layers { layers.note(layer.holders, have: layer.diffID) }
        let title = "\(order.order.title)"
        do {
            let result = try await admission.run(order.build) {
                logger.info("a stage runs", metadata: ["stage": "\(title)", "build": "\(order.build)"])
                report(.stageStarted(order.order.title))
                return try await runner.taking(ShippedInputs(order, store: store)).run(order.order, report: report)
            }
            guard let result else { return .refused(reason: "\(facts.name) takes no more work") }
            logger.info("a stage is made", metadata: ["stage": "\(title)", "took": "\(result.duration)"])
            return .made(result)
        } catch is CancellationError {
            logger.info("a stage was stopped", metadata: ["stage": "\(title)"])
            return .stopped
        } catch {
            logger.info("a stage failed", metadata: ["stage": "\(title)", "reason": "\(error)"])
            return .failed(message: "\(error)", isRetryable: error is any RetryableFailure)
        }
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
