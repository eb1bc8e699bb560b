// The mesh's part in one build: its nodes as workers, their layers at hand, what they were given remembered.
import BlobStore
import Building
import Digests
import Foundation
import Ledgers
import Logging
import Mesh
import Peering
import Publishing
import Reports
import Scheduling
import Settings
import Stages
import SystemPackage

struct MeshBuild {
    let client: MeshClient
    let nodes: MeshNodes
    let layers: PeerLayers
    private let parts: NodeParts

    init(_ client: MeshClient, _ parts: NodeParts, _ logger: Logger) {
        self.client = client
        self.parts = parts
        let nodes = MeshNodes(client.links, join: client.join, logger: logger) { try await Task.sleep(for: $0) }
        self.nodes = nodes
        layers = PeerLayers(
            store: parts.store, links: client.links, threads: parts.threads, nodes: { nodes.holders },
            beliefs: AskedBeliefs(client.links) { nodes.holders }, logger: logger)
    }

    /// The nodes of a build: this process, which publishes and, where the config says so or nobody else is there, builds
    /// too; and those of the mesh that answer.
    func join(
        _ own: any WorkerLink, slots: Int, transfers: Int, _ supply: LayerSupply, _ table: ImageTable
    ) async throws -> Coordinator.Nodes {
        let (nodes, name) = (nodes, UUID().uuidString.lowercased())
        let build = RemoteWorker.Build(
            name: name, links: client.links, supply: supply, table: table, store: parts.store, threads: parts.threads,
            nodeName: { nodes.name(of: $0) }, newName: { UUID().uuidString.lowercased() },
            buildClass: client.settings.buildClass, verdicts: client.verdicts)
        let (work, ownSlots) = (client.settings.workHere, min(slots, client.settings.slots))
        func here(_ run: Int) -> NodeArrival {
            NodeArrival(
                id: BuildMachine.ownNode, name: "", capacity: .init(run: run, transfer: transfers),
                worker: NotingWorker(worker: own, note: note))
        }
        nodes.whenAlone(work == .auto ? (alone: here(ownSlots), withOthers: here(0)) : nil)
        let arrivals = await nodes.start { RemoteWorker(build, at: $0) }
        guard !arrivals.isEmpty || work != .never else {
            throw UsageError(
                "no node of the mesh answers, and the config says that this host does not build" + troubles)
        }
        if arrivals.isEmpty { parts.report(.warning("no node of the mesh answers: this host builds alone" + troubles)) }
        let run = work == .always || (work == .auto && arrivals.isEmpty) ? ownSlots : 0
        return Coordinator.Nodes([here(run)] + arrivals, changes: nodes.changes) { try await Task.sleep(for: $0) }
    }

    /// The mesh's ledger of `repo`; nil where the mesh has none. When no node says whether it has one, it has one if it had:
    /// this host remembers the epoch.
    func ledger(of repo: String, patience: Duration) async throws -> (any Ledger)? {
        let voters = LedgerVoters(client.links, join: client.join)
        let memory = EpochFile(folder: parts.store.root.appending("ledgers").appending(client.mesh))
        let known = try memory.read()
        switch try await voters.find() {
        case .voters: break
        case .none: return nil
        case .silence: guard known != nil else { return nil }
        }
        let ledger = LinkLedger(
            voters, repo: repo, buildClass: client.settings.buildClass, epoch: known ?? "",
            learned: { try memory.write($0) })
        let report = parts.report
        return PatientLedger(ledger, limit: patience, clock: ContinuousClock()) { news in
            switch news {
            case .waits(let reason, let limit):
                report(
                    .warning(
                        "publishing waits for the ledger, \(limit.components.seconds) s at most (--publish-timeout); building "
                            + "goes on: \(reason)"))
            case .goesOn(let time):
                report(.warning("publishing goes on: the ledger answers again, after \(time.components.seconds) s"))
            }
        }
    }

    private var troubles: String { nodes.troubles.map { "\n  " + $0 }.joined() }

    /// Where layers are that this process may have to fetch.
    @Sendable func note(_ holders: [BlobDigest: [Scheduler.NodeID]]) {
        for (diffID, numbers) in holders { layers.note(numbers.compactMap { nodes.name(of: $0.raw) }, have: diffID) }
    }
}

/// The worker of this process: told first where the layers of an order are.
private struct NotingWorker: WorkerLink {
    let worker: any WorkerLink
    let note: @Sendable ([BlobDigest: [Scheduler.NodeID]]) -> Void

    func remembered(_ steps: [StageDigest]) async throws -> [StageDigest: RememberedStep] {
        try await worker.remembered(steps)
    }

    func perform(_ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void) async throws -> StageResult {
        note(order.holders)
        return try await worker.perform(order, report: report)
    }
}

/// A repo that is told where the layers are of what it publishes.
struct MeshRepo: RejectingRepo {
    let repo: any RejectingRepo
    let note: @Sendable ([BlobDigest: [Scheduler.NodeID]]) -> Void

    func tags() async throws -> [String] { try await repo.tags() }
    func describe(_ id: StageID) async throws -> PublishedStage? { try await repo.describe(id) }
    func keep(_ images: [KeptImage]) async throws { try await repo.keep(images) }
    func reject(_ id: StageID, reason: String) async throws { try await repo.reject(id, reason: reason) }

    func publish(_ order: PublishOrder) async throws -> PublishOutcome {
        note(order.holders)
        return try await repo.publish(order)
    }
}
