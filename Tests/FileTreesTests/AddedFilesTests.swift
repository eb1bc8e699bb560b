// Added files with an index: the same checksums as without one, whatever was remembered.
import Foundation
import Glibc
import SystemPackage
import Testing

@testable import FileTrees

@Suite struct `Added files` {
    let sample: SampleTree
    let cache: SampleTree

    init() throws {
        sample = try SampleTree()
        cache = try SampleTree()
    }

    /// `isLater`: long after everything that a test writes.
    private func added(_ paths: [String], isLater: Bool = true) -> AddedFiles {
        let offset: Int64 = isLater ? 3_600_000_000_000 : 0
        let index = FileIndex(cacheDirectory: cache.folder, clock: { FileIdentity.clock() + offset })
        let hasher = TreeHasher(threadCount: 2, index: index)
        return AddedFiles(project: sample.folder, context: "", paths: paths, hasher: hasher)
    }

    private func plain(_ paths: [String]) -> AddedFiles {
        AddedFiles(project: sample.folder, context: "", paths: paths)
    }

    private func isKnown(_ checksum: String?) throws -> Bool {
        let file = cache.url.appendingPathComponent("files-sha256")
        guard let checksum, let bytes = try? Data(contentsOf: file) else { return false }
        return bytes.range(
            of: Data(
                stride(from: 0, to: 64, by: 16).flatMap { start -> [UInt8] in
                    let digits = checksum.dropFirst(start).prefix(16)
                    return (0..<8).map { UInt8(digits.dropFirst(14 - 2 * $0).prefix(2), radix: 16) ?? 0 }
                })) != nil
    }

    private static let all = ["b", "a/x.txt", "link", "a"]

    @Test func `a checksum is that of paths and contents, remembered or not`() throws {
        let stream = "b/c/deep.txtdeep\nb/run.sh#!/bin/sh\na/x.txtx\nlinka/y.txty\n"
        let expected = ContentDigest(of: Array(stream.utf8)).hex
        #expect(try plain(Self.all).checksum(matching: AllPaths()) == expected)
        for _ in 0..<2 { #expect(try added(Self.all).checksum(matching: AllPaths()) == expected) }
        #expect(try isKnown(expected))
        #expect(try added(Self.all).checksum(matching: BasePath("nothing")) == nil)
        let part = try added(Self.all).checksum(matching: BasePath("a"))
        #expect(part == ContentDigest(of: Array("a/x.txtx\na/y.txty\n".utf8)).hex)
    }

    @Test func `a change that keeps size and mtime makes another checksum`() throws {
        let first = try added(["a"]).checksum(matching: AllPaths())
        var status = stat()
        let path = sample.folder.string + "/a/y.txt"
        try #require(unsafe lstat(path, &status) == 0)
        try Data("Y\n".utf8).write(to: URL(fileURLWithPath: path))
        unsafe utimensat(AT_FDCWD, path, [status.st_mtim, status.st_mtim], 0)
        let second = try added(["a"]).checksum(matching: AllPaths())
        #expect(second != first)
        #expect(try second == plain(["a"]).checksum(matching: AllPaths()))
    }

    @Test func `another name makes another checksum, another order too`() throws {
        let first = try added(["a", "z"]).checksum(matching: AllPaths())
        #expect(try added(["z", "a"]).checksum(matching: AllPaths()) != first)
        #expect(unsafe rename(sample.folder.string + "/a/y.txt", sample.folder.string + "/a/w.txt") == 0)
        let renamed = try added(["a", "z"]).checksum(matching: AllPaths())
        #expect(renamed != first)
        #expect(try renamed == plain(["a", "z"]).checksum(matching: AllPaths()))
    }

    @Test func `what was written a moment ago is not remembered`() throws {
        let checksum = try added(["a"], isLater: false).checksum(matching: AllPaths())
        #expect(try !isKnown(checksum))
    }

    @Test func `contents are hashes of files and targets of links, in order`() throws {
        for _ in 0..<2 {
            let contents = try added(Self.all).contents()
            #expect(
                contents.map { GoPath.text($0.file.path) } == [
                    "b/c/deep.txt", "b/run.sh", "a/x.txt", "link", "a/y.txt",
                ])
            #expect(contents.map(\.file.kind) == [.file, .executable, .file, .link, .file])
            #expect(contents[0].content.digest == ContentDigest(of: Array("deep\n".utf8)))
            #expect(contents[3].content.digest == ContentDigest(of: Array("a/x.txt".utf8)))
        }
        let added = added(Self.all)
        let some = Array(try added.files()[2...3])
        #expect(
            try added.contents(of: some).map(\.digest) == ["x\n", "a/x.txt"].map { ContentDigest(of: Array($0.utf8)) })
    }

    @Test func `names follow each other as bytes, folder by folder`() throws {
        for name in ["t/a-b", "t/a/c", "t/a.b", "t/a0"] { try sample.write(name, name) }
        let names = try added(["t"]).files().map { GoPath.text($0.path) }
        #expect(names == ["t/a/c", "t/a-b", "t/a.b", "t/a0"])
    }
}
