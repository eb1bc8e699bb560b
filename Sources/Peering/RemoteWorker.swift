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
        let claims = SendClaims()

        package init(
            name: String, links: PeerLinks, supply: LayerSupply, table: ImageTable, store: Store,
            threads: BlockingThreads, nodeName: @escaping @Sendable (UInt32) -> String?,
            newName: @escaping @Sendable () -> String, buildClass: String
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
        }
    }

    /// Names in one question.
    private static let queryMax = 10_000

    private let build: Build
    private let address: PeerAddress

    package init(_ build: Build, at address: PeerAddress) {
        self.build = build
        self.address = address
    }

    package func remembered(_ steps: [StageDigest]) async throws -> [StageDigest: RememberedStep] {
        let desk = try await build.links.node(at: address).desk
        var found: [StageDigest: RememberedStep] = [:]
        for part in steps.parts(of: Self.queryMax) {
            found.merge(try await desk.remembered(StepQuery(steps: part)).steps) { first, _ in first }
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
            let desk = try await build.links.node(at: address).desk
            let shipment = try await withTaskExecutorPreference(build.threads) { [build] in
                try build.table.shipment(for: order)
            }
            let (rooted, layers) = try await rooted(order, report)
            try await provide(shipment, layers, desk, order.title, report)
            do {
                return try await hand(rooted, shipment, layers, desk, report)
            } catch is Unsupplied {
                try await sendBases(of: rooted, desk, report)
                return try await hand(rooted, shipment, layers, desk, report)
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

    // MARK: What the node needs

    /// The order with bases in place of stages of the repo, which the node may not be able to read, and every layer that no
    /// registry has.
    private func rooted(
        _ order: StageOrder, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> (StageOrder, [ShippedLayer]) {
        var layers: [BlobDigest: ShippedLayer] = [:]
        func root(_ content: StageContent) async throws -> StageContent {
            for layer in content.layers { layers[layer.diffID] = shipped(layer, order) }
            guard let image = try await build.supply.image(of: content) else { return content }
            if build.supply.isLocal(content.root) {
                for (layer, diffID) in zip(image.manifest.layers, image.config.diffIDs) {
                    layers[diffID] = shipped(LayerName(diffID: diffID, byteCount: layer.size), order)
                }
            }
            return StageContent(root: .base(image), layers: content.layers, changes: content.changes)
        }
        let parent = order.work.needsNothingBelow ? StageContent(root: .scratch) : try await root(order.parent)
        var sources: [StageIndex: StageContent] = [:]
        for (stage, content) in order.sources { sources[stage] = try await root(content) }
        let rooted = StageOrder(
            stage: order.stage, title: order.title, digest: order.digest, work: order.work, parent: parent,
            sources: sources, isRemembered: order.isRemembered)
        return (rooted, layers.values.sorted { $0.diffID.description < $1.diffID.description })
    }

    private func shipped(_ layer: LayerName, _ order: StageOrder) -> ShippedLayer {
        let holders = order.holders[layer.diffID, default: []].compactMap { build.nodeName($0.raw) }
        return ShippedLayer(
            diffID: layer.diffID, blob: nil, byteCount: layer.byteCount,
            holders: Array(holders.prefix(ShippedLayer.holdersMax)))
    }

    /// Sends what neither the node nor its peers have.
    private func provide(
        _ shipment: OrderShipment, _ layers: [ShippedLayer], _ desk: NodeDesk, _ title: StageTitle,
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        for part in shipment.files.parts(of: Self.queryMax) {
            try await supply(try await desk.lacking(NeedsQuery(objects: part, layers: [])).objects) { wanted in
                try await desk.lacking(NeedsQuery(objects: wanted, layers: [])).objects
            } send: {
                report(.stageStarted(title))
                try await send($0, of: shipment)
            }
        }
        guard !layers.isEmpty else { return }
        try await supply(try await desk.lacking(NeedsQuery(objects: [], layers: layers)).layers) { wanted in
            let open = layers.filter { wanted.contains($0.diffID) }
            return try await desk.lacking(NeedsQuery(objects: [], layers: open)).layers
        } send: {
            report(.stageStarted(title))
            for diffID in $0 { try await send(layer: diffID, report) }
        }
    }

    /// Sends what nobody else of this build is sending; of the rest the node finds what was sent elsewhere meanwhile.
    private func supply(
        _ lacking: [BlobDigest], _ ask: ([BlobDigest]) async throws -> [BlobDigest],
        send: ([BlobDigest]) async throws -> Void
    ) async throws {
        var wanted = lacking
        while !wanted.isEmpty {
            try Task.checkCancellation()
            let own = build.claims.claim(wanted)
            if !own.isEmpty {
                defer { build.claims.giveBack(own) }
                // Somebody may have sent them to another node since the question.
                let open = try await ask(own)
                if !open.isEmpty { try await send(open) }
            }
            let others = Set(wanted).subtracting(own)
            if others.isEmpty { return }
            wanted = wanted.filter(others.contains)
            await build.claims.waitForChange(of: wanted)
            wanted = try await ask(wanted)
        }
    }

    private func send(_ wanted: [BlobDigest], of shipment: OrderShipment) async throws {
        let connection = try await build.links.stream(to: address)
        let body = Body()
        async let answer = connection.exchange(.peer(.post, PeerPath.files), body: body)
        do {
            try await withTaskExecutorPreference(build.threads) {
                for reading in shipment.readings(of: wanted) {
                    var sink = FileStreamSink(body, reading.digests) {
                        try Task.checkCancellation()
                        BlockingThreads.pause()
                    }
                    try reading.read(into: &sink)
                    try sink.flush()
                }
            }
            body.finish()
        } catch {
            body.fail(error)
            throw error
        }
        try await check(try await answer, "files")
    }

    private func send(layer diffID: BlobDigest, _ report: @escaping @Sendable (BuildEvent) -> Void) async throws {
        let store = build.store
        guard store.layers.contains(diffID) else {
            throw LostLayer(diffID)
        }
        let blob = try await withTaskExecutorPreference(build.threads) {
            try store.layers.compressed(diffID, cores: 2) { try Task.checkCancellation() }
        }
        let connection = try await build.links.stream(to: address)
        var head = HTTPRequest.peer(.put, PeerPath.blob(blob.digest))
        head.headerFields[.weftSize] = String(blob.byteCount)
        let body = Body()
        async let answer = connection.exchange(head, body: body)
        try await BlobSender(store: store, threads: build.threads).send(blob.digest, blob.byteCount, into: body) {
            report(
                .transferred(
                    Transfer(.push, subject: "\(address)", blob: blob.digest), byteCount: $0, total: blob.byteCount))
        }
        try await check(try await answer, "the layer \(diffID)")
        try await unpack(diffID, as: blob)
    }

    /// The node has the blob: from now on it has the layer, too.
    private func unpack(_ diffID: BlobDigest, as blob: CompressedBlob) async throws {
        let desk = try await build.links.node(at: address).desk
        let layer = ShippedLayer(diffID: diffID, blob: blob.digest, byteCount: blob.byteCount, holders: [])
        let lacking = try await desk.lacking(NeedsQuery(objects: [], layers: [layer]))
        guard lacking.layers.isEmpty else { throw NodeTrouble("\(address) did not take the layer \(diffID)") }
    }

    private func check(_ answer: (head: HTTPResponse, body: Body), _ what: String) async throws {
        guard answer.head.status.kind != .successful else { return answer.body.abandon() }
        throw NodeTrouble("\(address) did not take \(what): \(await PeerLinks.text(of: answer.body, answer.head))")
    }
}

extension Array {
    /// The elements in their order, in parts of at most `count`.
    func parts(of count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
