// The index of hashed files: what it believes, and what it must not believe.
import Foundation
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import FileTrees

@Suite struct `File index` {
    let sample: SampleTree
    let cache: SampleTree

    init() throws {
        sample = try SampleTree()
        cache = try SampleTree()
    }

    /// Long after everything that a test writes.
    private static let later: Int64 = 3_600_000_000_000

    private func index(_ offset: Int64 = later) -> FileIndex {
        FileIndex(cacheDirectory: cache.folder, clock: { FileIdentity.clock() + offset })
    }

    private func identity(_ path: String) throws -> FileIdentity {
        var status = stat()
        try #require(unsafe lstat(sample.folder.string + "/" + path, &status) == 0)
        return FileIdentity(status)
    }

    @discardableResult private func hash(_ index: FileIndex) throws -> String {
        try TreeHasher(threadCount: 2, index: index).tree(sample.folder).directoryHash()
    }

    private func truth() throws -> String { try TreeHasher().tree(sample.folder).directoryHash() }

    private func known(_ path: String, _ offset: Int64 = later) throws -> String? {
        index(offset).snapshot().digest(of: try identity(path))?.hex
    }

    private func setModified(_ path: String, of identity: FileIdentity) {
        let time = timespec(
            tv_sec: Int(identity.modified / 1_000_000_000), tv_nsec: Int(identity.modified % 1_000_000_000))
        unsafe utimensat(AT_FDCWD, sample.folder.string + "/" + path, [time, time], 0)
    }

    @Test func `what was hashed is known to the next process, and gives the same`() throws {
        let first = try hash(index())
        #expect(try known("z") == ContentDigest(of: Array("z\n".utf8)).hex)
        #expect(try hash(index()) == first)
        #expect(try first == truth())
        #expect(try size() == RecordFile.headerBytes + 6 * 96)
    }

    private func size() throws -> Int { try Data(contentsOf: cache.url.appendingPathComponent("file-sha256")).count }

    @Test func `a file that was written a moment ago is not remembered`() throws {
        try hash(index(0))
        #expect(try known("z") == nil)
        #expect(!FileManager.default.fileExists(atPath: cache.url.appendingPathComponent("file-sha256").path))
    }

    @Test(arguments: [Int64(0), 1, FileIdentity.settledNanoseconds])
    func `times that are newer than a tick before the look are not settled`(age: Int64) throws {
        let identity = try identity("z")
        let newest = max(identity.modified, identity.changed)
        #expect(!identity.isSettled(at: newest + age))
        #expect(identity.isSettled(at: newest + FileIdentity.settledNanoseconds + 1))
    }

    @Test func `a change that keeps size and mtime is seen through ctime`() throws {
        try hash(index())
        let before = try identity("z")
        try Data("Z\n".utf8).write(to: sample.url.appendingPathComponent("z"))
        setModified("z", of: before)
        let after = try identity("z")
        #expect(after.modified == before.modified && after.byteCount == before.byteCount)
        #expect(try known("z") == nil)
        #expect(try hash(index()) == truth())
        #expect(try known("z") == ContentDigest(of: Array("Z\n".utf8)).hex)
    }

    @Test func `a file that was renamed over another is another`() throws {
        try hash(index())
        let before = try identity("z")
        try sample.write("a/new", "Y\n")
        setModified("a/new", of: before)
        #expect(unsafe rename(sample.folder.string + "/a/new", sample.folder.string + "/z") == 0)
        #expect(try known("z") == nil)
        #expect(try hash(index()) == truth())
    }

    @Test func `an inode number that came back is another file`() throws {
        try hash(index())
        let before = try identity("z")
        for round in 0..<200 {
            #expect(unsafe unlink(sample.folder.string + "/z") == 0)
            try sample.write("z", "\(round % 10)\n")
            setModified("z", of: before)
            #expect(try known("z") == nil)
            if try identity("z").inode == before.inode { break }
        }
        #expect(try hash(index()) == truth())
    }

    @Test func `a change of the mode is a change`() throws {
        try hash(index())
        #expect(unsafe chmod(sample.folder.string + "/z", 0o755) == 0)
        #expect(try known("z") == nil)
    }

    @Test func `a clock that was set back makes entries unbelievable`() throws {
        try hash(index())
        #expect(try known("z") != nil)
        #expect(try known("z", -Self.later) == nil)
        #expect(try FileIndex(cacheDirectory: cache.folder, clock: { 0 }).snapshot().digest(of: identity("z")) == nil)
    }

    @Test func `times beyond what can be counted never settle`() throws {
        let far = timespec(tv_sec: 1 << 40, tv_nsec: 0)
        unsafe utimensat(AT_FDCWD, sample.folder.string + "/z", [far, far], 0)
        #expect(try hash(index()) == truth())
        // File systems that count less far have cut the time; then it may have settled, or not.
        if try identity("z").modified == .max { #expect(try known("z") == nil) }
    }

    @Test func `of many processes none loses what another adds`() throws {
        for number in 0..<40 { try sample.write("more/\(number)", "\(number)") }
        let all = (0..<40).map { sample.folder.appending("more/\($0)").string }
        let processes = (0..<8).map { _ in index() }
        DispatchQueue.concurrentPerform(iterations: 8) { part in
            let own = all[part * 5..<part * 5 + 5].map { Array($0.utf8) }
            _ = TreeHasher(index: processes[part]).files(own)
        }
        for number in 0..<40 { #expect(try known("more/\(number)") != nil) }
    }

    @Test func `without a folder to write to everything is hashed`() throws {
        let index = FileIndex(cacheDirectory: cache.folder.appending("none/there"))
        #expect(try hash(index) == truth())
    }

    @Test func `any damage costs time, not truth`() throws {
        try hash(index())
        let file = cache.url.appendingPathComponent("file-sha256")
        let whole = try Data(contentsOf: file)
        let truth = try truth()
        for place in stride(from: 0, to: whole.count, by: 5) {
            var bytes = whole
            bytes[place] ^= UInt8(1 << (place % 8))
            try bytes.write(to: file)
            #expect(try hash(index()) == truth, "bit of byte \(place)")
        }
        for count in [0, 1, 63, 64, 65, 100, 64 + 96, whole.count - 1] {
            try whole.prefix(count).write(to: file)
            #expect(try hash(index()) == truth, "\(count) bytes")
            #expect(try known("z") != nil)
        }
        for bytes in [Data(count: whole.count), whole + Data(count: 960), Data(repeating: 0xFF, count: 5_000)] {
            try bytes.write(to: file)
            #expect(try hash(index()) == truth)
            #expect(try known("z") != nil)
        }
        try Data("weft file to sha256, version 0\n".utf8).write(to: file)
        #expect(try hash(index()) == truth)
        #expect(try known("z") != nil)
    }
}
