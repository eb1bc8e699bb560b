// Layer blobs of the store: how they are packed, and their bytes with a check on the way.
import Digests
import Images

enum PackedBlob {
    /// Bytes that are read and hashed at a time.
    private static let chunkBytes = 256 << 10
    /// RFC 1952, RFC 8878.
    private static let gzipMagic: [UInt8] = [0x1F, 0x8B]
    private static let zstdMagic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// By its first bytes: the store knows blobs, not types.
    static func mediaType(_ file: OwnedBlob) throws -> MediaType {
        let head = try file.read(0, zstdMagic.count)
        if head.starts(with: gzipMagic) { return .dockerLayerGzip }
        return head.starts(with: zstdMagic) ? .dockerLayerZstd : .dockerLayerTar
    }

    /// Gives all bytes to `sink`; throws at the end when they are not those that `layer` names.
    static func copy(_ layer: Descriptor, _ file: OwnedBlob, to sink: ([UInt8]) throws -> Void) throws {
        var hasher = Digests.Hasher(.sha256)
        var offset: Int64 = 0
        while offset < layer.size {
            try Task.checkCancellation()
            let chunk = try file.read(offset, min(chunkBytes, Int(layer.size - offset)))
            guard !chunk.isEmpty else { break }
            hasher.update(chunk)
            try sink(chunk)
            offset += Int64(chunk.count)
        }
        guard BlobDigest(finishing: hasher) == layer.digest, offset == layer.size else {
            throw PublishingError("the blob \(layer.digest) in the store is damaged: remove it and build again")
        }
    }
}
