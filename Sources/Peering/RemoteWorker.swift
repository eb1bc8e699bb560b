// The way to the worker of another node: gives it what it lacks, hands the order over, and hears what it says.
package import BlobStore
package import Building
package import Digests
import FileTrees
import HTTPMessages
import HTTPTypes
import Images
package import Mesh
package import Reports
import Scheduling
package import Stages
import Transport

/// The node did not take the order.
package struct NodeRefusal: RefusedOrder, CustomStringConvertible {
    package let description: String
}

/// The stage failed on its node through its own fault.
package struct StageFailure: Error, CustomStringConvertible {
    package let description: String
}

package struct RemoteWorker: WorkerLink {
    /// What all remote workers of a build share.
    package struct Build: Sendable {
        /// For fairness between builds, and for logs.
        package let name: String
        package let links: PeerLinks
        package let supply: LayerSupply
        package let table: ImageTable
        package let store: Store
        package let threads: BlockingThreads
        /// The name of a node by its number.
        package let nodeName: @Sendable (UInt32) -> String?
        package let newName: @Sendable () -> String
        /// One of the client's certificate.
        package let buildClass: String
        /// Whose results of steps are taken.
        package let verdicts: StepVerdicts
        let claims = SendClaims()

        package init(
            name: String, links: PeerLinks, supply: LayerSupply, table: ImageTable, store: Store,
            threads: BlockingThreads, nodeName: @escaping @Sendable (UInt32) -> String?,
            newName: @escaping @Sendable () -> String, buildClass: String,
            verdicts: StepVerdicts
        ) {
            self.name = name
            self.links = links
            self.supply = supply
            self.table = table
            self.store = store
            self.threads = threads
            self.nodeName = nodeName
            self.newName = newName
            self.buildClass = buildClass
            self.verdicts = verdicts
        }
    }

    /// Names in one question.
    static let queryMax = 10_000

    let build: Build
    let address: PeerAddress

    package init(_ build: Build, at address: PeerAddress) {
        self.build = build
        self.address = address
    }

    package func remembered(_ steps: [StageDigest]) async throws -> [StageDigest: RememberedStep] {
        let (node, desk) = try await build.links.node(at: address)
        var found: [StageDigest: RememberedStep] = [:]
        for part in steps.parts(of: Self.queryMax) {
            let told = try await desk.remembered(StepQuery(steps: part, buildClass: build.buildClass)).steps
            for digest in part {
                // Which classes this build may reuse is in the config of nodes: the one that answers has looked.
                guard let stated = told[digest],
                    build.verdicts.refusal(of: stated, as: digest, from: node) == nil
                else { continue }
                found[digest] = stated.step
            }
        }
        return found
    }

    package func perform(
        _ order: StageOrder, report tell: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> StageResult {
        // What is sent for an order is not sent again to another node: it counts as begun from then on.
        let starts = FirstStart()
        let report: @Sendable (BuildEvent) -> Void = { if starts.mayPass($0) { tell($0) } }
        do {
            let (node, desk) = try await build.links.node(at: address)
            let shipment = try await withTaskExecutorPreference(build.threads) { [build] in
                try build.table.shipment(for: order)
            }
            let (rooted, layers) = try await rooted(order)
            tell(.stageSupply(order.title, isUnderWay: true))
            try await provide(shipment, layers, desk, order.title, report)
            tell(.stageSupply(order.title, isUnderWay: false))
            do {
                return try checked(try await hand(rooted, shipment, layers, desk, report), rooted, from: node)
            } catch is Unsupplied {
                try await sendBases(of: rooted, desk, report)
                return try checked(try await hand(rooted, shipment, layers, desk, report), rooted, from: node)
            }
        } catch let error as Unsupplied {
            throw NodeTrouble(error.description)
        } catch let error as TransportFailure {
            try Task.checkCancellation()
            throw NodeTrouble("\(address): \(error)")
        } catch let error as Body.Failure {
            throw NodeTrouble("\(address): \(error)")
        } catch let error as LinkLost {
            throw NodeTrouble("\(error)")
        } catch let error as CallError where error.isRetryable {
            throw NodeTrouble("\(error)")
        }
    }

    /// The node that was given the order made it, or took what another had made: the maker's statement comes with it.
    private func checked(_ result: StageResult, _ order: StageOrder, from node: String) throws -> StageResult {
        guard let digest = order.digest else { return result }
        guard let step = order.step(making: result.layer) else {
            throw NodeTrouble("the result of \(order.title) can't be checked: what it stands on is not known")
        }
        let stated = StatedStep(step, result.statement)
        if let problem = build.verdicts.refusal(of: stated, as: digest, from: node) {
            throw NodeTrouble("the result of \(node) is not taken: \(problem)")
        }
        return result
    }

    private func hand(
        _ order: StageOrder, _ shipment: OrderShipment, _ layers: [ShippedLayer], _ desk: NodeDesk,
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> StageResult {
        // Whoever was given an order can speak to its watcher: no two have one.
        let name = build.newName()
        let watcher = BuildWatcher.open(name, on: build.links.system, hear: report)
        let shipped = ShippedOrder(
            build: build.name, order: order, contexts: shipment.contexts, layers: layers, secrets: shipment.secrets,
            watcher: name, buildClass: build.buildClass)
        let outcome = try await desk.perform(shipped)
        withExtendedLifetime(watcher) {}
        switch outcome {
        case .made(let result): return result
        case .failed(let message, isRetryable: true): throw NodeTrouble(message)
        case .failed(let message, isRetryable: false): throw StageFailure(description: message)
        case .stopped: throw NodeTrouble("the node stopped it")
        case .unsupplied(let message): throw Unsupplied(description: message)
        case .refused(let reason): throw NodeRefusal(description: reason)
        }
    }

    /// The node could not fetch a base itself.
    private struct Unsupplied: Error, CustomStringConvertible {
        let description: String
    }

    /// Bases that this client may fetch and the node may not: credentials do not travel, bytes do.
    private func sendBases(
        of order: StageOrder, _ desk: NodeDesk, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        for content in [order.parent] + order.sources.values {
            guard case .base(let base) = content.root else { continue }
            let here = try await build.supply.layers(of: StageContent(root: .base(base)), report: report)
            let layers = here.diffIDs.map { ShippedLayer(diffID: $0, blob: nil, byteCount: 0, holders: []) }
            for diffID in try await desk.lacking(NeedsQuery(objects: [], layers: layers)).layers {
                try await send(layer: diffID, report)
            }
        }
    }
}

extension Array {
    /// The elements in their order, in parts of at most `count`.
    func parts(of count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
