// The bytes of one open file, piece by piece, and the check that it did not change its size meanwhile.
import Digests
import SystemPackage

// Safety: the buffer is an array of this call; the pieces handed out are spans of it.

enum DiskFile {
    private static let bufferBytes = 128 * 1_024

    /// Hands out exactly `byteCount` bytes, or throws.
    static func read(
        _ file: FileDescriptor, path: String, byteCount: Int, _ take: (RawSpan) throws -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: min(bufferBytes, byteCount + 1))
        var rest = byteCount
        while true {
            let count: Int
            do {
                count = try unsafe buffer.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            } catch let error as Errno {
                throw DiskFolder.failure("reading", path, error)
            }
            guard count <= rest, count > 0 || rest == 0 else { throw FileTreeError.changedWhileRead(path: path) }
            if count == 0 { return }
            rest -= count
            try unsafe take(buffer.span.bytes.extracting(0..<count))
        }
    }
}

extension DiskFolder {
    /// The bytes of a regular file below, reached without following links.
    package borrowing func bytes(of path: PathBytes, limitBytes: Int) throws -> [UInt8] {
        let name = self.path + "/" + GoPath.text(path)
        guard let status = try status(path) else { throw FileTreeError.changedWhileRead(path: name) }
        guard status.byteCount <= limitBytes else {
            throw FileTreeError.fileTooLarge(path: name, bytes: status.byteCount, limitBytes: limitBytes)
        }
        let file = try file(path)
        defer { try? file.close() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(status.byteCount)
        try DiskFile.read(file, path: name, byteCount: status.byteCount) { piece in
            unsafe piece.withUnsafeBytes { unsafe bytes += $0 }
        }
        return bytes
    }
}

extension Hasher {
    mutating func update(_ bytes: RawSpan) { unsafe bytes.withUnsafeBytes { unsafe update($0) } }
}
