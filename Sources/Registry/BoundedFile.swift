// Reads a small file whole, or refuses it.
import SystemPackage

enum BoundedFile {
    /// Throws `Errno`; `.fileTooLarge` beyond `bytesMax`.
    static func read(_ path: FilePath, bytesMax: Int) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = try unsafe chunk.withUnsafeMutableBytes { unsafe try file.read(into: $0) }
                if count == 0 { return bytes }
                bytes += chunk[..<count]
                guard bytes.count <= bytesMax else { throw Errno.fileTooLarge }
            }
        }
    }
}
