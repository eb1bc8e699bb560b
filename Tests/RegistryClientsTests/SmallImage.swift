// An image as a program's folder format has it, to be pushed by skopeo.
// Safety: buffers live for one call.
import Digests
import Foundation
import Images
import Layers
import SystemPackage

enum SmallImage {
    /// Writes an OCI layout with one image of one layer of `byteCount` bytes or so; the bytes of its layer's blob.
    static func writeLayout(to path: FilePath, byteCount: Int) throws -> [UInt8] {
        let tar = try tar(byteCount)
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        config.diffIDs = [BlobDigest(of: tar)]
        let encoded = config.encoded(as: .ociConfig)
        let packed = try packed(tar)
        let layer = Descriptor(mediaType: .ociLayerGzip, digest: BlobDigest(of: packed), size: Int64(packed.count))
        let manifest = Manifest(mediaType: .ociManifest, config: encoded.descriptor, layers: [layer]).encoded()
        let entry = Descriptor(
            mediaType: .ociManifest, digest: manifest.digest, size: Int64(manifest.bytes.count),
            annotations: ["org.opencontainers.image.ref.name": "v1"])
        let index = ManifestIndex(mediaType: .ociIndex, manifests: [entry]).encoded()
        let blobs = path.appending("blobs").appending("sha256")
        try FileManager.default.createDirectory(atPath: blobs.string, withIntermediateDirectories: true)
        for bytes in [packed, encoded.bytes, manifest.bytes] {
            try Data(bytes).write(to: URL(filePath: blobs.appending(BlobDigest(of: bytes).hex).string))
        }
        try Data(index.bytes).write(to: URL(filePath: path.appending("index.json").string))
        try Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8).write(to: URL(filePath: path.appending("oci-layout").string))
        return packed
    }

    /// Programs pack what is not packed, and then it has another name.
    private static func packed(_ tar: [UInt8]) throws -> [UInt8] {
        let collected = Collected()
        let members = unsafe GzipMembers(cores: 1) { unsafe collected.bytes += $0 }
        try unsafe tar.withUnsafeBytes { try unsafe members.append($0) }
        _ = try members.finish()
        return collected.bytes
    }

    private final class Collected {
        var bytes: [UInt8] = []
    }

    /// One file of chance; by hand, since only its two ends are.
    private static func tar(_ byteCount: Int) throws -> [UInt8] {
        // SplitMix64's last step, so that it is not packed to nothing.
        let content = (0..<(byteCount / 512 * 512)).map { place in
            var mixed = UInt64(place) &* 0x9E37_79B9_7F4A_7C15
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            return UInt8(truncatingIfNeeded: mixed >> 40)
        }
        var head = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            head.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put("data.bin", at: 0)
        put("0000644\0000000000\0000000000\0", at: 100)
        let octal = String(content.count, radix: 8)
        put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
        put("00000000000", at: 136)
        put("        0", at: 148)
        put("ustar\000", at: 257)
        let sum = head.reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        put(String(repeating: "0", count: 6 - digits.count) + digits + "\0 ", at: 148)
        return head + content + [UInt8](repeating: 0, count: 1_024)
    }
}
