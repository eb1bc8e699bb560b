// What a remote worker gives its node before the order: layers and files of contexts that nobody there has.
import BlobStore
import Building
import Digests
import HTTPMessages
import HTTPTypes
import Images
import Mesh
import Reports
import Scheduling
import Stages
import Transport

extension RemoteWorker {
    /// The order with bases in place of stages of the repo, which the node may not be able to read, and every layer that no
    /// registry has.
    func rooted(_ order: StageOrder) async throws -> (StageOrder, [ShippedLayer]) {
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
            sources: sources, isRemembered: order.isRemembered, origins: order.origins)
        return (rooted, layers.values.sorted { $0.diffID.description < $1.diffID.description })
    }

    private func shipped(_ layer: LayerName, _ order: StageOrder) -> ShippedLayer {
        let holders = order.holders[layer.diffID, default: []].compactMap { build.nodeName($0.raw) }
        return ShippedLayer(
            diffID: layer.diffID, blob: nil, byteCount: layer.byteCount,
            holders: Array(holders.prefix(ShippedLayer.holdersMax)))
    }

    /// Sends what neither the node nor its peers have.
    func provide(
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

    func send(layer diffID: BlobDigest, _ report: @escaping @Sendable (BuildEvent) -> Void) async throws {
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
