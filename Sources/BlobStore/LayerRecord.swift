// What the store knows of a layer beside its files.
package import Digests
package import Layers

package enum LayerOrigin: String, Sendable {
    /// Came with a base image or from a peer: unpacked from a blob.
    case base
    /// Made here by a step.
    case built
}

/// A compressed form of a layer.
package struct CompressedBlob: Hashable, Sendable {
    package let digest: BlobDigest
    package let byteCount: Int64
    /// What made it, with its version; `unknown` for a stranger's.
    package let compressor: String

    package init(digest: BlobDigest, byteCount: Int64, compressor: String = Self.unknownCompressor) {
        self.digest = digest
        self.byteCount = byteCount
        self.compressor = compressor
    }

    package static let unknownCompressor = "unknown"
}

package struct LayerRecord: Hashable, Sendable {
    package let origin: LayerOrigin
    /// What times its tar bears: by them the same bytes can be made again.
    package let times: LayerTimes
    /// Bytes of the uncompressed tar.
    package let byteCount: Int64
    package internal(set) var blobs: [CompressedBlob]

    /// Compressed forms of one layer that are remembered, the latest.
    static let blobsMax = 32

    mutating func add(_ blob: CompressedBlob) {
        blobs.removeAll { $0.digest == blob.digest }
        blobs.append(blob)
        blobs = blobs.suffix(Self.blobsMax)
    }

    var text: String {
        let time =
            switch times {
            case .kept: "kept"
            case .fixed(let seconds): "\(seconds)"
            }
        let lines = blobs.map { "blob \($0.digest) \($0.byteCount) \($0.compressor)\n" }
        return "origin \(origin.rawValue)\ntimes \(time)\nbytes \(byteCount)\n" + lines.joined()
    }

    /// Nil when `text` is not what `text` of a record gives.
    init?(text: String) {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
        guard lines.count >= 3, lines[0].count == 2, lines[0][0] == "origin", lines[1].count == 2,
            lines[1][0] == "times", lines[2].count == 2, lines[2][0] == "bytes",
            let origin = LayerOrigin(rawValue: String(lines[0][1])), let byteCount = Int64(lines[2][1])
        else { return nil }
        if lines[1][1] == "kept" {
            times = .kept
        } else if let seconds = Int64(lines[1][1]) {
            times = .fixed(seconds)
        } else {
            return nil
        }
        (self.origin, self.byteCount, blobs) = (origin, byteCount, [])
        for line in lines.dropFirst(3) {
            guard line.count == 4, line[0] == "blob", let digest = BlobDigest(line[1]), let size = Int64(line[2])
            else { return nil }
            blobs.append(CompressedBlob(digest: digest, byteCount: size, compressor: String(line[3])))
        }
    }

    init(origin: LayerOrigin, times: LayerTimes, byteCount: Int64, blobs: [CompressedBlob]) {
        (self.origin, self.times, self.byteCount, self.blobs) = (origin, times, byteCount, blobs)
    }
}
