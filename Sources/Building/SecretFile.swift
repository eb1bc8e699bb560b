// Reads the file behind a secret.
import SystemPackage

enum SecretFile {
    /// BuildKit's limit, too.
    static let bytesMax = 500 << 10

    /// Throws when there is nothing that can be read.
    static func check(_ path: String, id: String) throws(BuildingError) {
        do {
            try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking]).close()
        } catch {
            throw BuildingError("secret \(id): can't read \(path): \(error)")
        }
    }

    static func read(_ path: String, id: String) throws -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            return try file.closeAfter {
                var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
                var count = 0
                while count < bytes.count {
                    let read = try unsafe bytes[count...].withUnsafeMutableBytes { try unsafe file.read(into: $0) }
                    if read == 0 { break }
                    count += read
                }
                guard count <= bytesMax else {
                    throw BuildingError("secret \(id): the file \(path) has more than \(bytesMax) bytes")
                }
                return Array(bytes[..<count])
            }
        } catch let error as Errno {
            throw BuildingError("secret \(id): can't read \(path): \(error)")
        }
    }
}
