// The blobs of a publication: inherited layers are mounted or fetched, new ones are compressed.
import BlobStore
import Building
import Digests
import Images
import Mesh
import Registry
import Reports
import Stages

extension RegistryRepo {
    /// Makes the repository have the layer, and gives the descriptor under which it has it. `isPulled`: it had to be
    /// fetched from the base's registry for that.
    func upload(
        _ layer: ImageDraft.DraftLayer, of root: BaseImage?, _ order: PublishOrder
    ) async throws -> (descriptor: Descriptor, isPulled: Bool) {
        let subject = order.title.description
        do {
            return try await uploadOnce(layer, of: root, subject)
        } catch StoreError.corrupt {
            // The blob had rotted on this disk and is gone: it is made or fetched once more.
            return try await uploadOnce(layer, of: root, subject)
        }
    }

    private func uploadOnce(
        _ layer: ImageDraft.DraftLayer, of root: BaseImage?, _ subject: String
    ) async throws -> (descriptor: Descriptor, isPulled: Bool) {
        if let inherited = layer.inherited, let root {
            return (inherited, try await copy(inherited, layer.diffID, of: root, subject))
        }
        let blob = try store.layers.compressed(layer.diffID, cores: Self.compressionCores) {
            try Task.checkCancellation()
        }
        try await push(blob.digest, blob.byteCount, subject: subject)
        return (Descriptor(mediaType: .dockerLayerGzip, digest: blob.digest, size: blob.byteCount), false)
    }

    /// Threads that compress one layer.
    private static let compressionCores = 2

    /// A layer of another repository: where the registry neither has nor mounts it, it is fetched and read before it
    /// is published under the name that its image gives it. True when it was fetched.
    private func copy(
        _ layer: Descriptor, _ diffID: BlobDigest, of root: BaseImage, _ subject: String
    ) async throws -> Bool {
        guard root.reference.repository != repository else { return false }
        let (store, supply, report) = (store, supply, report)
        let blob = LazyBlob {
            let isFetched = try await supply.fetch(layer, unpackingTo: diffID, of: root, report: report)
            return (try OwnedBlob(store.blobs.open(layer.digest)), isFetched)
        }
        try await push(layer.digest, layer.size, from: root.reference.repository, blob, subject)
        return await blob.isFetched
    }

    /// A blob that lies in the store.
    func push(_ digest: BlobDigest, _ size: Int64, subject: String) async throws {
        let store = store
        try await push(digest, size, from: nil, LazyBlob { (try OwnedBlob(store.blobs.open(digest)), false) }, subject)
    }

    private func push(
        _ digest: BlobDigest, _ size: Int64, from other: RepositoryName?, _ blob: LazyBlob, _ subject: String
    ) async throws {
        let transfer = Transfer(.push, subject: subject, blob: digest)
        let report = report
        do {
            try await client.pushBlob(
                digest, size: size, to: repository, mountFrom: other,
                progress: { report(.transferred(transfer, byteCount: $0, total: size)) },
                source: { offset, count in try await blob.file().read(offset, count) })
        } catch let error as RegistryError where error.isBroken {
            // Other bytes came there than the digest says: perhaps they are wrong here already.
            if store.blobs.contains(digest) { try store.blobs.verify(digest) }
            throw error
        }
    }

    func push(_ document: EncodedDocument) async throws {
        try await client.pushBlob(
            document.digest, size: Int64(document.bytes.count), to: repository,
            source: { offset, count in Array(document.bytes[Int(offset)...].prefix(count)) })
    }
}
