// The one layer of service images: a tar without entries, compressed.
import Digests
import Images
import Layers

struct EmptyLayer {
    let document: EncodedDocument
    let diffID: BlobDigest

    /// Two blocks of zeros end a tar.
    private static let tar = [UInt8](repeating: 0, count: 1_024)

    static func make() throws -> EmptyLayer {
        let collected = Collected()
        let members = unsafe GzipMembers(cores: 1) { unsafe collected.bytes += $0 }
        try unsafe tar.withUnsafeBytes { try unsafe members.append($0) }
        let stream = try members.finish()
        return EmptyLayer(
            document: EncodedDocument(bytes: collected.bytes, mediaType: .dockerLayerGzip), diffID: stream.content)
    }

    private final class Collected {
        var bytes: [UInt8] = []
    }
}
