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
    /// The boot of the host (`Boot.current`) whose crash may have lost some of the layer's files; nil once all are
    /// known to be on the disk.
    package internal(set) var unsyncedIn: String?

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
        let boot = unsyncedIn ?? "synced"
        return "origin \(origin.rawValue)\ntimes \(time)\nbytes \(byteCount)\nboot \(boot)\n" + lines.joined()
    }

    /// Nil when `text` is not what `text` of a record gives.
    init?(text: String) {
        // By bytes: it is read for every layer of every stage that is reused.
        var lines = text.utf8.split(separator: UInt8(ascii: "\n")).makeIterator()
        func value(_ name: String) -> Substring? {
            guard let line = lines.next(), line.starts(with: name.utf8) else { return nil }
            let value = line.dropFirst(name.utf8.count)
            return value.contains(UInt8(ascii: " ")) || value.isEmpty ? nil : Substring(value)
        }
        guard let origin = value("origin ").flatMap({ LayerOrigin(rawValue: String($0)) }), let time = value("times "),
            let byteCount = value("bytes ").flatMap({ Int64($0) }), let boot = value("boot ")
        else { return nil }
        if time == "kept" {
            times = .kept
        } else if let seconds = Int64(time) {
            times = .fixed(seconds)
        } else {
            return nil
        }
        (self.origin, self.byteCount, blobs) = (origin, byteCount, [])
        unsyncedIn = boot == "synced" ? nil : String(boot)
        while let line = lines.next() {
            let words = Substring(line).split(separator: " ")
            guard words.count == 4, words[0] == "blob", let digest = BlobDigest(words[1]), let size = Int64(words[2])
            else { return nil }
            blobs.append(CompressedBlob(digest: digest, byteCount: size, compressor: String(words[3])))
        }
    }

    init(
        origin: LayerOrigin, times: LayerTimes, byteCount: Int64, blobs: [CompressedBlob], unsyncedIn: String?
    ) {
        (self.origin, self.times, self.byteCount, self.blobs) = (origin, times, byteCount, blobs)
        self.unsyncedIn = unsyncedIn
    }
}
