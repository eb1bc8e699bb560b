// The file that a download goes into: bounded, begun anew when the download is, and errors that say what and where.
package import SystemPackage

/// A download's file can't be made or written.
package struct DownloadError: Error, Hashable, CustomStringConvertible {
    package let action: String
    package let path: String
    package let code: Errno

    package var description: String {
        switch code {
        case .noSpace, .diskQuotaExceeded:
            "cannot \(action) \(path): no space is left on the disk; free some and build again"
        default: "cannot \(action) \(path): \(code.description)"
        }
    }
}

/// Used by one task at a time.
final class DownloadedFile {
    let bytesMax: Int64
    private(set) var size: Int64 = 0
    private let path: FilePath
    private let file: FileDescriptor
    private var isOpen = true

    init(_ path: FilePath, bytesMax: Int64) throws(DownloadError) {
        (self.path, self.bytesMax) = (path, bytesMax)
        do {
            file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
        } catch { throw Self.failure(error, "make the file", path) }
    }

    deinit { if isOpen { try? file.close() } }

    /// From the first byte, whatever came before.
    func begin() throws(DownloadError) {
        size = 0
        do {
            try file.resize(to: 0)
        } catch { throw Self.failure(error, "cut", path) }
    }

    func append(_ chunk: [UInt8], _ asked: Asked) throws {
        guard size + Int64(chunk.count) <= bytesMax else { throw tooLarge(asked) }
        do {
            try file.writeAll(toAbsoluteOffset: size, chunk)
        } catch { throw Self.failure(error, "write", path) }
        size += Int64(chunk.count)
    }

    func tooLarge(_ asked: Asked) -> RegistryError {
        RegistryError(.tooLarge, asked, reason: "it has more than \(bytesMax) bytes")
    }

    func close() throws(DownloadError) {
        isOpen = false
        do { try file.close() } catch { throw Self.failure(error, "close", path) }
    }

    func discard() {
        if isOpen { try? file.close() }
        isOpen = false
        try? FileSystemCall.remove(path)
    }

    private static func failure(_ error: any Error, _ action: String, _ path: FilePath) -> DownloadError {
        DownloadError(action: action, path: path.string, code: error as? Errno ?? .ioError)
    }
}
