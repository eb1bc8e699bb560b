// What `weft digest` prints: lines as sha256sum has them, or JSON.
import Digests
import FileTrees
import Foundation

struct DigestReport {
    private let isListing: Bool
    private let isJSON: Bool
    private var output = BufferedOutput()
    private var entries: [Entry] = []

    init(isListing: Bool, isJSON: Bool) {
        self.isListing = isListing
        self.isJSON = isJSON
    }

    /// A file or folder in JSON.
    private struct Entry: Encodable {
        let path: String
        /// Base64, where the path is not UTF-8.
        let pathBytes: String?
        let digest: String
        let byteCount: Int
        var fileCount: Int?
        var files: [Entry]?

        init(_ path: PathBytes, _ digest: String, byteCount: Int) {
            self.path = String(decoding: path, as: UTF8.self)
            pathBytes = Array(self.path.utf8) == path ? nil : Data(path).base64EncodedString()
            self.digest = digest
            self.byteCount = byteCount
        }
    }

    mutating func add(_ path: PathBytes, _ digest: ContentDigest, _ byteCount: Int64) throws {
        if isJSON {
            entries.append(Entry(path, digest.blob.description, byteCount: Int(byteCount)))
        } else {
            try output.add(Self.line(digest, path))
        }
    }

    mutating func add(_ path: PathBytes, _ tree: HashedTree) throws {
        let below = path.last == UInt8(ascii: "/") ? path : path + [UInt8(ascii: "/")]
        if isJSON {
            var entry = Entry(path, try tree.directoryHash(), byteCount: tree.byteCount)
            entry.fileCount = tree.fileCount
            if isListing {
                var files: [Entry] = []
                tree.forEachFile { file in
                    files.append(
                        Entry(below + file.path, file.digest.blob.description, byteCount: Int(file.byteCount)))
                }
                entry.files = files
            }
            entries.append(entry)
        } else if isListing {
            try tree.forEachFile { try output.add(Self.line($0.digest, below + $0.path)) }
        } else {
            try output.add(Self.line(Array(try tree.directoryHash().utf8), path))
        }
        try output.flush()
    }

    mutating func finish() throws {
        if isJSON { try output.add(Array((try JSONText.of(entries) + "\n").utf8)) }
        try output.flush()
    }

    static func line(_ digest: ContentDigest, _ path: PathBytes) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        digest.appendHex(to: &text)
        return line(text, path)
    }

    /// As sha256sum of GNU coreutils does, a backslash in front says that the path is escaped.
    static func line(_ digest: [UInt8], _ path: PathBytes) -> [UInt8] {
        let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: " ")]
        let end = UInt8(ascii: "\n")
        let backslash = UInt8(ascii: "\\")
        guard path.contains(where: { [end, UInt8(ascii: "\r"), backslash].contains($0) }) else {
            return digest + blanks + path + [end]
        }
        var escaped: PathBytes = []
        for byte in path {
            switch byte {
            case end: escaped += [backslash, UInt8(ascii: "n")]
            case UInt8(ascii: "\r"): escaped += [backslash, UInt8(ascii: "r")]
            case backslash: escaped += [backslash, backslash]
            default: escaped.append(byte)
            }
        }
        return [backslash] + digest + blanks + escaped + [end]
    }
}

/// Standard output in large pieces; throws when it cannot be written.
struct BufferedOutput {
    private var bytes: [UInt8] = []
    private static let bytesMax = 1 << 16

    mutating func add(_ more: [UInt8]) throws {
        bytes += more
        if bytes.count >= Self.bytesMax { try flush() }
    }

    mutating func flush() throws {
        if bytes.isEmpty { return }
        try FileHandle.standardOutput.write(contentsOf: Data(bytes))
        bytes.removeAll(keepingCapacity: true)
    }
}
