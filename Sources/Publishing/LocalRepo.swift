// The repo of a node without a registry: tags are files, images lie in the store, nothing is compressed.
package import BlobStore
package import Building
package import Digests
package import Images
package import Mesh
import Planning
package import Reports
package import Stages
import Synchronization

package struct LocalRepo: RejectingRepo {
    private let store: Store
    private let project: String
    private let locks: any PublishLock
    private let supply: LayerSupply
    private let images: LocalImages
    private let report: @Sendable (BuildEvent) -> Void
    private let platform: Platform
    /// Unix milliseconds.
    private let now: @Sendable () -> Int64

    package init(
        store: Store, project: String, locks: any PublishLock, supply: LayerSupply, platform: Platform,
        now: @escaping @Sendable () -> Int64, report: @escaping @Sendable (BuildEvent) -> Void
    ) {
        self.store = store
        self.project = project
        self.locks = locks
        self.supply = supply
        images = LocalImages(store: store, project: project)
        self.platform = platform
        self.now = now
        self.report = report
    }

    package func tags() async throws -> [String] { try store.tags.list(project) }

    package func describe(_ id: StageID) async throws -> PublishedStage? {
        guard let stage = try images.summary(id) else {
            try await reject(id, reason: "")
            return nil
        }
        return stage.published(id, repo: project, isRemote: false, added: nil)
    }

    package func reject(_ id: StageID, reason: String) async throws {
        _ = try store.tags.create(id.description + TagListing.rejectedSuffix, of: project, Array("rejected".utf8))
    }

    package func publish(_ order: PublishOrder) async throws -> PublishOutcome {
        let clock = ContinuousClock()
        let start = clock.now
        let root = try await supply.image(of: order.content)
        // A stage that only changes the configuration needed no layer so far; whoever runs the image does.
        let pulledFrom = try await supply.layers(of: order.content, report: report).pulledFrom
        let held = try await locks.take(project: project, digest: order.digest)
        defer { held.release() }
        let own = try store.tags.list(project, startingWith: order.digest.hex)
        let listing = TagListing(own, now: now())
        for id in listing.candidates(of: order.digest, notBefore: order.parent?.timestamp ?? 0) {
            guard let published = try await describe(id) else { continue }
            return PublishOutcome(
                published: published, isAdopted: true, pulledFrom: pulledFrom, duration: start.duration(to: clock.now))
        }
        let published = try write(order, root, after: listing)
        return PublishOutcome(
            published: published, isAdopted: false, pulledFrom: pulledFrom, duration: start.duration(to: clock.now))
    }

    private func write(_ order: PublishOrder, _ root: BaseImage?, after listing: TagListing) throws -> PublishedStage {
        var timestamp = Timestamps.next(
            now: now(), greatestGiven: listing.greatestTimestamp(of: order.digest), parent: order.parent?.timestamp)
        let draft = ImageDraft(
            order, root: root, platform: platform, created: Timestamp.text(milliseconds: timestamp))
        let config = draft.config.encoded()
        let manifest = Manifest(config: config.descriptor, layers: try draft.layers.map(descriptor))
        let encoded = manifest.encoded()
        try StoredImage.write([config, encoded], to: store)
        let image = StoredImage(
            manifest: manifest, manifestDigest: encoded.digest, config: draft.config, configDigest: config.digest)
        var summary = image.summary
        summary.boot = store.layers.boot
        while true {
            let id = try RegistryRepo.stageID(order, timestamp)
            // A tag that exists is never touched: another moment is tried.
            if case .created = try store.tags.create(
                id.description, of: project, Array(summary.text.utf8))
            {
                let added = order.content.layers.last?.byteCount
                return summary.published(id, repo: project, isRemote: false, added: added)
            }
            timestamp += 1
        }
    }

    /// Local images name their layers by the tar itself.
    private func descriptor(_ layer: ImageDraft.DraftLayer) throws -> Descriptor {
        let size = layer.byteCount ?? store.layers.record(of: layer.diffID)?.byteCount ?? layer.inherited?.size ?? 0
        return Descriptor(mediaType: .dockerLayerTar, digest: layer.diffID, size: size)
    }

    /// Nobody cleans a local repo by names: there is nothing to write.
    package func keep(_ images: [KeptImage]) async throws {}
}

/// The images of a local repo, as bases and for commands that use them.
package struct LocalImages: PublishedLayers, OwnStages {
    private let store: Store
    private let project: String
    private let known = KnownStages()
    package var isLocal: Bool { true }

    package init(store: Store, project: String) {
        self.store = store
        self.project = project
    }

    /// Nil when the stage is not there, or a document or layer of it is gone.
    func summary(_ id: StageID) throws -> StageSummary? {
        guard let text = try store.tags.read(id.description, of: project),
            let summary = StageSummary(text: String(decoding: text, as: UTF8.self)),
            store.blobs.contains(summary.manifestDigest), store.blobs.contains(summary.configDigest),
            summary.diffIDs.allSatisfy({ store.layers.contains($0, seenIn: summary.boot) })
        else { return nil }
        return summary
    }

    private func stored(_ id: StageID) throws -> StoredImage? {
        guard let summary = try summary(id) else { return nil }
        return try known.image(id, else: StoredImage.read(summary.manifestDigest, from: store.blobs))
    }

    package func image(of stage: StageID) async throws -> BaseImage {
        guard let image = try stored(stage), let reference = ImageReference(try repository(), tag: stage.description)
        else { throw PublishingError("the stage \(stage) is gone from \(store.root): build again") }
        return image.base(reference)
    }

    package func image(named name: String) async throws -> BaseImage? {
        guard name.hasPrefix(project + ":"), let id = StageID(tag: name.dropFirst(project.count + 1)) else {
            return nil
        }
        return try await image(of: id)
    }

    /// A name that no registry can have (RFC 2606), so that nothing is ever fetched in its stead.
    package func stage(_ reference: ImageReference) -> StageID? {
        guard let own = try? repository(), reference.repository == own else { return nil }
        return reference.tag.flatMap { StageID(tag: $0) }
    }

    private func repository() throws -> RepositoryName { try RepositoryName("local.invalid/" + project) }
}

/// The stages that were read: what a stage is never changes, and a chain of stages asks for its parents again and again.
private final class KnownStages: Sendable {
    private let images = Mutex<[StageID: StoredImage]>([:])

    /// Stages of which the documents are kept; each is some kilobytes.
    private static let countMax = 4_096

    func image(_ id: StageID, else read: @autoclosure () throws -> StoredImage?) rethrows -> StoredImage? {
        if let image = images.withLock({ $0[id] }) { return image }
        guard let image = try read() else { return nil }
        images.withLock { images in
            if images.count >= Self.countMax { images.removeAll() }
            images[id] = image
        }
        return image
    }
}
