// A small tree on disk for the tests of checksums; its ids were computed with Python's hashlib.
import FileTrees
import Foundation
import Glibc
import SystemPackage

/// `a/x.txt`, `a/y.txt`, `a.b`, `b/c/deep.txt`, `b/run.sh` (executable), `link` to `a/x.txt`, `z`.
final class SampleTree {
    let folder: FilePath
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("weft-tree-\(UUID().uuidString)")
        folder = FilePath(url.path)
        try write("a/x.txt", "x\n")
        try write("a/y.txt", "y\n")
        try write("a.b", "dot\n")
        try write("b/c/deep.txt", "deep\n")
        try write("b/run.sh", "#!/bin/sh\n", mode: 0o755)
        try write("z", "z\n")
        try link("link", to: "a/x.txt")
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ path: String, _ text: String, mode: Int = 0o644) throws {
        let file = url.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: url.appendingPathComponent(path).path, withDestinationPath: target)
    }

    func makeFifo(_ path: String) throws {
        guard unsafe mkfifo(folder.string + "/" + path, 0o644) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Folders in each other, each made in the one before, as their path may be too long for the system; gives the first.
    func nest(_ names: [String], file: String) throws -> FilePath {
        let top = folder.appending("nest-\(names.count)")
        try makeFolder("nest-\(names.count)")
        var place = try FileDescriptor.open(top, .readOnly, options: .directory)
        for name in names {
            guard unsafe mkdirat(place.rawValue, name, 0o755) == 0 else { throw Errno(rawValue: errno) }
            let inner = unsafe openat(place.rawValue, name, O_RDONLY | O_DIRECTORY)
            try place.close()
            place = FileDescriptor(rawValue: inner)
        }
        let made = unsafe openat(place.rawValue, file, O_WRONLY | O_CREAT, 0o644)
        close(made)
        try place.close()
        return top
    }

    func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            at: url.appendingPathComponent(path), withIntermediateDirectories: true)
    }
}
