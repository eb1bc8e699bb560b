// What a caller outside this module may ask of a root: an open file, or the path by which this host knows it.
import Glibc

extension RootDirectory {
    package struct OpenedFile: Sendable {
        package let handle: Handle
        package let isDirectory: Bool
    }

    /// Opens what `path` names, links followed inside the root, without reading it.
    package func openFile(_ path: String) throws -> OpenedFile {
        guard let handle = try openIfPresent(try FileName(path), flags: Kernel.pathOnly) else {
            throw SandboxError.missing("\(path) does not exist in the source")
        }
        return OpenedFile(handle: handle, isDirectory: try Kernel.status(of: handle).kind == .directory)
    }

    /// The directory that `path` names, as a root of its own.
    package func directory(_ path: String) throws -> RootDirectory {
        guard let handle = try openIfPresent(try FileName(path), flags: O_RDONLY | O_DIRECTORY) else {
            throw SandboxError.missing("\(path) is not a directory in the source")
        }
        return RootDirectory(handle: handle)
    }

    /// The path of this host behind `path`; for mounts, which can't be given a descriptor.
    package func hostPath(of path: String) throws -> String {
        let opened = try openFile(path)
        let link = try FileName("/proc/self/fd/\(opened.handle.raw)")
        return try withExtendedLifetime(opened) { try Kernel.readLink(link, at: Kernel.workingDirectory).text }
    }
}
