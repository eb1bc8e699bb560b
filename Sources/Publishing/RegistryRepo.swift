// A repository of a registry as the place of stages: blobs first, then one publication under the lock, then its tag.
package import BlobStore
package import Building
package import Digests
package import Images
package import Ledgers
package import Mesh
import Planning
package import Registry
package import Reports
import Stages

package final class RegistryRepo: RejectingRepo {
    let client: RegistryClient
    let repository: RepositoryName
    /// As the user wrote it: the report's and the dependencies' name of the repo.
    let name: String
    let project: String
    let store: Store
    let isSharedUnknown: Bool
    let locks: any PublishLock
    let ledger: any Ledger
    let nonce: @Sendable () -> String
    let supply: LayerSupply
    let platform: Platform
    let cleanup: CleanupTags?
    let now: @Sendable () -> Int64
    let report: @Sendable (BuildEvent) -> Void
    let seen = SeenTags()

    package struct Place: Sendable {
        package let client: RegistryClient
        package let repository: RepositoryName
        package let name: String
        package let project: String
        package let store: Store
        /// Builders that nobody told us of may publish to the repo, too: it is listed once more after each tag.
        package let isSharedUnknown: Bool

        package init(
            client: RegistryClient, repository: RepositoryName, name: String, project: String, store: Store,
            isSharedUnknown: Bool
        ) {
            self.client = client
            self.repository = repository
            self.name = name
            self.project = project
            self.store = store
            self.isSharedUnknown = isSharedUnknown
        }
    }

    package init(
        _ place: Place, locks: any PublishLock, ledger: any Ledger, supply: LayerSupply, platform: Platform,
        cleanup: CleanupTags?, now: @escaping @Sendable () -> Int64, nonce: @escaping @Sendable () -> String,
        report: @escaping @Sendable (BuildEvent) -> Void
    ) {
        client = place.client
        repository = place.repository
        name = place.name
        project = place.project
        store = place.store
        isSharedUnknown = place.isSharedUnknown
        self.locks = locks
        self.ledger = ledger
        self.nonce = nonce
        self.supply = supply
        self.platform = platform
        self.cleanup = cleanup
        self.now = now
        self.report = report
    }

    package func tags() async throws -> [String] {
        let tags = try await listed()
        await seen.set(tags)
        return tags
    }

    /// A repository comes into being with its first push: until then it has no tags.
    func listed() async throws -> [String] {
        do {
            return try await client.tags(of: repository)
        } catch let error as RegistryError where error.isNotFound {
            return []
        }
    }

    var images: RegistryImages { RegistryImages(client: client, repository: repository, store: store) }

    package func describe(_ id: StageID) async throws -> PublishedStage? {
        do {
            return try await images.summary(id).published(id, repo: name, isRemote: true, added: nil)
        } catch let error as RegistryError where error.isNotFound || error.isBroken {
            try await reject(id, reason: "\(error)")
            return nil
        } catch let error as UnusableStage {
            try await reject(id, reason: error.description)
            return nil
        } catch let error as ImageError {
            try await reject(id, reason: error.description)
            return nil
        }
    }

    package func reject(_ id: StageID, reason: String) async throws {
        report(.warning("stage \(id) of \(name) can't be used and is marked as rejected: \(reason)"))
        try await giveUp(id)
        try await putMarker(id.description + TagListing.rejectedSuffix, labels: ["werf": project])
    }

    /// Layers of one image that go up at once: each may hold a connection, and compress on two threads.
    private static let layersAtOnce = 4

    package func publish(_ order: PublishOrder) async throws -> PublishOutcome {
        let clock = ContinuousClock()
        let start = clock.now
        let root = try await supply.image(of: order.content)
        let created = Timestamp.text(milliseconds: now())
        let draft = ImageDraft(order, root: root, platform: platform, created: created)
        try await supply.bring(order.content.layers, report: report)
        let layers = try await mapBounded(draft.layers, atOnce: Self.layersAtOnce) { [self] in
            try await upload($0, of: root, order)
        }
        let pulledFrom: BaseSource? = layers.contains(where: \.isPulled) ? .registry : nil
        let config = draft.config.encoded()
        try await push(config)
        let manifest = Manifest(config: config.descriptor, layers: layers.map(\.descriptor)).encoded()
        try StoredImage.write([config, manifest], to: store)
        // The ledger's record names them: whoever finishes the publication after a crash must find them.
        try store.blobs.sync([config.digest, manifest.digest])
        do {
            let image = Publication.Image(
                manifestBytes: manifest.bytes, config: config.digest, diffIDs: draft.config.diffIDs)
            let (published, isAdopted) = try await decide(order, manifest, image)
            return PublishOutcome(
                published: published, isAdopted: isAdopted, pulledFrom: pulledFrom,
                duration: start.duration(to: clock.now))
        } catch let error as RegistryError where error.isBroken {
            try await noteLoss(order, root, error)
            throw error
        }
    }

    /// The registry refused the manifest: perhaps it has lost a layer of the stage that this one is built on.
    private func noteLoss(_ order: PublishOrder, _ root: BaseImage?, _ error: RegistryError) async throws {
        for layer in root?.manifest.layers ?? [] {
            guard try await !client.blobExists(layer.digest, of: repository) else { continue }
            return supply.note(error, in: order.content)
        }
    }

    // MARK: Service tags

    package func keep(_ images: [KeptImage]) async throws {
        guard let cleanup else { return }
        for image in images {
            if image.isNew { try await putMissing(ServiceTags.managedImage(image.name), labels: ["werf": project]) }
            guard let commit = cleanup.commit else { continue }
            let tag = ServiceTags.metadata(image: image.name, commit: commit, stage: image.stage)
            try await putMissing(
                tag, labels: ["werf": project, "commit": commit, "stage-id": image.stage.description])
        }
    }

    /// A registry that does not let us write such a tag has the images all the same (werf.md 3.7).
    private func putMissing(_ tag: String, labels: [String: String]) async throws {
        guard await !seen.contains(tag) else { return }
        do {
            try await putMarker(tag, labels: labels)
        } catch let error as RegistryError where error.isForbidden {
            report(.warning("the tag \(tag) was not written, so werf's cleanup may delete what it keeps: \(error)"))
        }
    }

    /// A tiny image with one empty layer, as werf writes it: only its tag and labels say something.
    func putMarker(_ tag: String, labels: [String: String]) async throws {
        let layer = try EmptyLayer.make()
        try await push(layer.document)
        var config = ImageConfig(platform: platform)
        config.config.labels = labels
        config.created = Timestamp.text(milliseconds: now())
        config.diffIDs = [layer.diffID]
        let encoded = config.encoded()
        try await push(encoded)
        let manifest = Manifest(config: encoded.descriptor, layers: [layer.document.descriptor]).encoded()
        try await client.putManifest(manifest, at: .tag(tag), of: repository)
    }
}

/// What is written for werf's cleanup; nothing at all where the project switched it off.
package struct CleanupTags: Sendable {
    /// For which the images were built; nil where cleanup does not look at git's history, or the files are no commit's.
    package let commit: String?

    package init(commit: String?) { self.commit = commit }
}

/// The tags of the last listing.
actor SeenTags {
    private var tags: Set<String> = []

    func set(_ tags: [String]) { self.tags = Set(tags) }

    func contains(_ tag: String) -> Bool { tags.contains(tag) }
}
