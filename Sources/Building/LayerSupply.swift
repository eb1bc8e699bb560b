// Brings the layers of a stage's content to this node's disk.
package import BlobStore
package import Digests
package import Images
import Layers
import Mesh
package import Registry
package import Reports
package import Stages

/// Where the layers of a published stage come from.
package protocol PublishedLayers: Sendable {
    /// The image of a stage in the repo.
    func image(of stage: StageID) async throws -> BaseImage
    /// The stage that `reference` names; nil when it is no stage of the repo.
    func stage(_ reference: ImageReference) -> StageID?
    /// No registry has them.
    var isLocal: Bool { get }
}

/// Layers that other nodes have.
package protocol LayersElsewhere: Sendable {
    /// Brings the layer to this node's store; false when nobody has it who answers.
    func bring(_ layer: LayerName, report: @escaping @Sendable (BuildEvent) -> Void) async throws -> Bool
    /// Brings one blob of a base image; false when nobody has it.
    func bring(
        blob: Descriptor, of diffID: BlobDigest, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool
}

/// A layer that was made in this build, or remembered, and is nowhere to be had.
package struct LostLayer: MissedLayer, CustomStringConvertible {
    package let layer: BlobDigest

    package init(_ layer: BlobDigest) { self.layer = layer }

    package var description: String { "no node that answers has the layer \(layer)" }
}

package struct SuppliedLayers: Sendable {
    /// Lowest first, all of them unpacked in the store.
    package let diffIDs: [BlobDigest]
    /// From where some were fetched for this call; nil when all were here.
    package let pulledFrom: BaseSource?
}

package struct LayerSupply: Sendable {
    private let store: Store
    private let registry: RegistryClient
    private let published: any PublishedLayers
    private let elsewhere: (any LayersElsewhere)?
    private let gate = KeyedFlights<BlobDigest>()
    package let broken = BrokenStages()

    /// Bytes of one blob that are fetched; a greater one is refused before it fills the disk.
    private static let blobBytesMax: Int64 = 64 << 30

    /// - Parameter elsewhere: nil on a host without a mesh.
    package init(
        store: Store, registry: RegistryClient, published: any PublishedLayers,
        elsewhere: (any LayersElsewhere)? = nil
    ) {
        self.store = store
        self.registry = registry
        self.published = published
        self.elsewhere = elsewhere
    }

    /// The layers of `content`; what is not here is fetched.
    package func layers(
        of content: StageContent, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> SuppliedLayers {
        var diffIDs: [BlobDigest] = []
        var isPulled = false
        if let image = try await image(of: content) {
            do {
                isPulled = try await unpack(image, report: report)
            } catch {
                note(error, in: content)
                throw error
            }
            diffIDs = image.config.diffIDs
        }
        try await bring(content.layers, report: report)
        diffIDs += content.layers.map(\.diffID)
        return SuppliedLayers(
            diffIDs: diffIDs, pulledFrom: isPulled ? (stage(at: content.root) == nil ? .registry : .repo) : nil)
    }

    /// Makes sure that layers of this build are here, whoever made them.
    package func bring(
        _ layers: [LayerName], report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        try store.pins.leaseLayers(layers.map(\.diffID))
        let missing = layers.filter { !store.layers.contains($0.diffID) }
        guard !missing.isEmpty else { return }
        guard let elsewhere else {
            throw BuildingError(
                "the layer \(missing[0].diffID) was made here and is gone from \(store.root): build again")
        }
        _ = try await mapBounded(missing, atOnce: Self.layersAtOnce) { [store, gate] layer in
            try await gate.run(layer.diffID) {
                guard !store.layers.contains(layer.diffID) else { return }
                guard try await elsewhere.bring(layer, report: report) else {
                    throw LostLayer(layer.diffID)
                }
            }
        }
    }

    /// The image at the root of `content`; nil for scratch.
    package func image(of content: StageContent) async throws -> BaseImage? {
        switch content.root {
        case .scratch: nil
        case .base(let base): base
        case .published(let id): try await published.image(of: id)
        }
    }

    /// A published stage that lacks a part, or has a wrong one, is of no use to anybody.
    package func note(_ error: any Error, in content: StageContent) {
        guard let stage = stage(at: content.root) else { return }
        switch error {
        case let error as RegistryError where error.isNotFound || error.isBroken:
            broken.note(stage, reason: "\(error)")
        case LayerError.damaged, LayerError.wrongDiffID: broken.note(stage, reason: "\(error)")
        default: break
        }
    }

    /// Whether the image at `root` lies in this host's own store only.
    package func isLocal(_ root: ContentRoot) -> Bool {
        guard published.isLocal else { return false }
        return stage(at: root) != nil
    }

    /// A dependency comes as a base, but is a stage of the repo all the same.
    private func stage(at root: ContentRoot) -> StageID? {
        switch root {
        case .scratch: nil
        case .base(let image): published.stage(image.reference)
        case .published(let stage): stage
        }
    }

    /// Layers of one image that are fetched and unpacked at once: each holds a connection and a few descriptors.
    private static let layersAtOnce = 4

    /// Whether something was fetched for it.
    private func unpack(_ image: BaseImage, report: @escaping @Sendable (BuildEvent) -> Void) async throws -> Bool {
        try store.pins.leaseLayers(image.config.diffIDs)
        let missing = zip(image.manifest.layers, image.config.diffIDs).filter {
            !store.layers.contains($0.1, as: $0.0.digest)
        }
        guard !missing.isEmpty else { return false }
        let fetched = try await mapBounded(missing, atOnce: Self.layersAtOnce) { layer, diffID in
            try await unpack(layer, diffID, of: image, report: report)
        }
        try store.layers.sync(missing.map(\.1))
        return fetched.contains(true)
    }

    private func unpack(
        _ layer: Descriptor, _ diffID: BlobDigest, of image: BaseImage, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        try await gate.run(diffID) {
            guard !store.layers.contains(diffID, as: layer.digest) else { return false }
            if store.blobs.size(layer.digest) != layer.size, let elsewhere {
                _ = try await elsewhere.bring(blob: layer, of: diffID, report: report)
            }
            return try await fetch(layer, of: image, report: report) {
                try store.layers.unpack(layer.digest, expecting: diffID) { try Task.checkCancellation() }
            }
        }
    }

    /// Fetches a blob of an image and sees that it unpacks to the layer that the image says it is; false when the store
    /// has it.
    package func fetch(
        _ layer: Descriptor, unpackingTo diffID: BlobDigest, of image: BaseImage,
        report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        try await fetch(layer, of: image, report: report) {
            try store.layers.verify(layer.digest, unpacksTo: diffID) { try Task.checkCancellation() }
        }
    }

    /// A blob that rotted on this disk is removed where `use` notices it, and comes once more.
    private func fetch(
        _ layer: Descriptor, of image: BaseImage, report: @escaping @Sendable (BuildEvent) -> Void,
        _ use: () throws -> Void
    ) async throws -> Bool {
        let isFetched = try await fetch(layer, of: image, report: report)
        do {
            try use()
            return isFetched
        } catch StoreError.corrupt where !isFetched {
            try await fetch(layer, of: image, report: report)
            try use()
            return true
        }
    }

    /// Fetches a blob of an image; false when the store has it.
    @discardableResult
    package func fetch(
        _ layer: Descriptor, of image: BaseImage, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> Bool {
        if try isHere(layer) { return false }
        guard layer.size <= Self.blobBytesMax else {
            throw BuildingError(
                "the layer \(layer.digest) of \(image.reference) has \(layer.size) bytes: more than "
                    + "\(Self.blobBytesMax) are not taken")
        }
        guard let download = try await waitForPartial(layer) else { return false }
        let isContinued = download.offset > 0
        do {
            try await receive(layer, of: image, into: download, report)
        } catch StoreError.corrupt where isContinued {
            // What came earlier may be what is wrong, from a registry that was repaired since.
            guard let download = try await waitForPartial(layer) else { return false }
            try await receive(layer, of: image, into: download, report)
        }
        return true
    }

    /// A blob of another size than the image says is looked at before it is believed; a damaged one goes.
    private func isHere(_ layer: Descriptor) throws -> Bool {
        guard let size = store.blobs.size(layer.digest) else { return false }
        guard size != layer.size else { return true }
        do {
            try store.blobs.verify(layer.digest)
        } catch StoreError.corrupt { return false }
        throw StoreError.wrongSize(of: "blob \(layer.digest)", expected: layer.size, actual: size)
    }

    private func receive(
        _ layer: Descriptor, of image: BaseImage, into download: PartialBlob,
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        let transfer = Transfer(.pull, subject: image.reference.description, blob: layer.digest)
        let box = PartialBox(download)
        do {
            try await registry.fetchBlob(
                layer.digest, size: layer.size, of: image.reference.repository, from: download.offset,
                restart: { try box.partial.restart() }
            ) { chunk in
                try box.partial.append(chunk)
                report(.transferred(transfer, byteCount: box.partial.offset, total: layer.size))
            }
        } catch {
            // Wrong bytes would spoil the next try, and on a full disk the space is what is needed.
            if Self.isWorthless(error) { try? download.discard() }
            throw error
        }
        try download.finish()
    }

    private static func isWorthless(_ error: any Error) -> Bool {
        switch error {
        case let error as RegistryError: error.isBroken
        case let error as StoreError: error.isDiskFull
        default: false
        }
    }

    /// Another process may fetch the same blob: whoever comes second waits and finds it there.
    private func waitForPartial(_ layer: Descriptor) async throws -> PartialBlob? {
        while true {
            if try isHere(layer) { return nil }
            if let partial = try store.blobs.partial(layer.digest, size: layer.size) { return partial }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// Hands a download to the closure that feeds it.
// Safety: the registry calls its sink one chunk after the other, and nobody else touches the value until it returns.
private final class PartialBox: @unchecked Sendable {
    let partial: PartialBlob

    init(_ partial: PartialBlob) { self.partial = partial }
}
