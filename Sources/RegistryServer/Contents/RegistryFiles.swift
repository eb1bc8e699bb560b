// The small files of the registry: written elsewhere, synced, then renamed, so that each is there whole or not at all.
import BlobStore
import Glibc
import Layers
import SystemPackage

// Safety: C strings and buffers live for one call.

struct RegistryFiles: Sendable {
    let root: FilePath
    let work: WorkArea

    /// Bytes of one file: a digest, a media type.
    private static let bytesMax = 512

    /// Nil when there is none. Bytes past the bound are not read: such a file is none of ours.
    func read(_ path: FilePath) throws -> String? {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow])
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return nil
        } catch { throw Self.failure(error, "open", path) }
        return try file.closeAfter {
            let bytes = try unsafe [UInt8](unsafeUninitializedCapacity: Self.bytesMax) { buffer, count in
                count = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    func contains(_ path: FilePath) -> Bool {
        unsafe path.withPlatformString { unsafe access($0, F_OK) } == 0
    }

    /// Unix seconds; nil when there is none.
    func modified(_ path: FilePath) -> Int64? {
        var status = stat()
        guard unsafe path.withPlatformString({ unsafe lstat($0, &status) }) == 0 else { return nil }
        return Int64(status.st_mtim.tv_sec)
    }

    /// `path` lies under `root`; folders on the way are made.
    func write(_ text: String, to path: FilePath) throws {
        let temporary = work.temporaryPath("registry")
        do {
            try makeFolders(path.removingLastComponent())
            let file = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow],
                permissions: [.ownerRead, .ownerWrite])
            try file.closeAfter {
                _ = try file.writeAll(text.utf8)
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            try rename(temporary, path)
            try sync(path.removingLastComponent())
        } catch {
            unsafe temporary.withPlatformString { _ = unsafe unlink($0) }
            throw Self.failure(error, "write", path)
        }
    }

    /// An empty file: that it is there says all.
    func mark(_ path: FilePath) throws {
        if contains(path) { return }
        do {
            try makeFolders(path.removingLastComponent())
            try FileDescriptor.open(
                path, .writeOnly, options: [.create, .closeOnExec, .noFollow], permissions: [.ownerRead, .ownerWrite]
            ).close()
        } catch { throw Self.failure(error, "write", path) }
    }

    /// False when there was none.
    func remove(_ path: FilePath) throws -> Bool {
        let code = unsafe path.withPlatformString { unsafe unlink($0) }
        if code == 0 { return true }
        guard errno == ENOENT || errno == ENOTDIR else {
            throw Self.failure(Errno(rawValue: errno), "remove", path)
        }
        return false
    }

    /// In byte order; nil when there is no such folder. Folders stay once they are made.
    func names(_ path: FilePath) throws -> [String]? {
        guard contains(path) else { return nil }
        return try Directory(path).names().map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    /// Makes names in the folder outlive a crash of the machine.
    func sync(_ path: FilePath) throws {
        do {
            let folder = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            try folder.closeAfter {
                guard fsync(folder.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
        } catch { throw Self.failure(error, "sync", path) }
    }

    private func makeFolders(_ path: FilePath) throws {
        if contains(path) { return }
        var folder = root
        try makeFolder(folder)
        for part in path.components.dropFirst(root.components.count) {
            folder.append(part)
            try makeFolder(folder)
        }
    }

    private func makeFolder(_ path: FilePath) throws {
        let code = unsafe path.withPlatformString { unsafe mkdir($0, 0o700) }
        guard code == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }

    private func rename(_ old: FilePath, _ new: FilePath) throws {
        let code = unsafe old.withPlatformString { old in
            unsafe new.withPlatformString { unsafe Glibc.rename(old, $0) }
        }
        guard code == 0 else { throw Errno(rawValue: errno) }
    }

    private static func failure(_ error: any Error, _ action: String, _ path: FilePath) -> any Error {
        guard let code = error as? Errno else { return error }
        return StoreError.system(action: action, path: path.string, code: code)
    }
}
