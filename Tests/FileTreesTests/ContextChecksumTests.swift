// Directory hashes and source globs of staged images. Values from Python's hashlib.
import Digests
import FileTrees
import Foundation
import SystemPackage
import Testing

@Suite struct `Context checksums` {
    let sample: SampleTree
    let cache: SampleTree

    init() throws {
        sample = try SampleTree()
        cache = try SampleTree()
    }

    private func checksum() throws -> ContextChecksum<DiskTree> {
        let disk = try DiskTree(sample.folder)
        let files = try ContextFiles(disk.tree.files(), contents: disk)
        return ContextChecksum(files, contents: disk, hashes: try BlobHashes(cacheDirectory: cache.folder))
    }

    @Test(arguments: [
        ("a", "h1:pHLViyBbKZAkpRWcYGni2ShASzgxodOBE7omXmGTpHw="),
        ("a/x.txt", "h1:mo+PnPvMdgSJ/aKIxqgfltIV1A4SLumZeiojR0199mg="),
        ("link", "h1:vIZh0/4R83AqG9Vq8aDxYTGEf2KjCCSBiJZNSBlrVeg="),
        (".", "h1:92zkxqHplYIhzHttULA9InFtfIFOs9JhVUklXHjedeE="),
    ])
    func `a directory hash is Go's`(path: String, hash: String) throws {
        #expect(try checksum().directoryHash(of: Array(path.utf8)) == hash)
    }

    @Test(arguments: [
        (["a", "z"], "a0e8ce9350198a6f7762d181fded0731be924a8a1d9eb9103f8688ea883f0ebe"),
        (["z", "/a", "a", "no*"], "a0e8ce9350198a6f7762d181fded0731be924a8a1d9eb9103f8688ea883f0ebe"),
        (["a/*.txt"], "b8438b18ec3cb47b38c90587ea9a788c9be7218a86369e1c1cd09cb2839ecbe5"),
        (["**/*.txt"], "f5208b331b0ab4e0dad2baef261bd9cee848bee7fa712b90dda5fbf2f2bc4b49"),
        (["b/**"], "5c14caf7206195944bfe969555befb20df9b660fb95dd6d231816ab204161502"),
    ])
    func `sources are sorted, each counted once`(globs: [String], hash: String) throws {
        #expect(try checksum().sources(globs: globs) == hash)
    }

    @Test(arguments: [["no*"], ["nothing", "a*"], ["a/nothing"]])
    func `a source that matches nothing is an error`(globs: [String]) throws {
        let checksum = try checksum()
        #expect(throws: FileTreeError.self) { try checksum.sources(globs: globs) }
    }

    @Test func `a link out of the context stays inside it, a circle is an error`() throws {
        try sample.link("out", to: "/../../a/x.txt")
        try sample.link("up", to: "../../../a/x.txt")
        try sample.link("round", to: "round")
        let checksum = try checksum()
        for name in ["out", "up"] { #expect(try checksum.directoryHash(of: Array(name.utf8)).hasPrefix("h1:")) }
        #expect(throws: FileTreeError.self) { try checksum.directoryHash(of: Array("round".utf8)) }
    }

    @Test func `a name with a line break has no directory hash`() throws {
        try sample.write("a/new\nline", "")
        let checksum = try checksum()
        #expect(throws: FileTreeError.newlineInName("/new\nline")) { try checksum.directoryHash(of: Array("a".utf8)) }
    }

    @Test func `known blobs are not read again, damaged records are passed over`() throws {
        let disk = try DiskTree(sample.folder)
        let files = try disk.tree.files()
        let first = try BlobHashes(cacheDirectory: cache.folder).digests(of: files, from: disk)
        #expect(files[1].path == Array("a/x.txt".utf8))
        #expect(first[1].hex == "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac")
        #expect(try BlobHashes(cacheDirectory: cache.folder).digests(of: files, from: NothingToRead()) == first)
        let index = cache.url.appendingPathComponent("blob-sha256")
        var bytes = try Data(contentsOf: index)
        #expect(bytes.count == 64 + 80 * 7)
        bytes[64 + 40] ^= 1
        try (bytes + Data([1, 2, 3])).write(to: index)
        let reopened = try BlobHashes(cacheDirectory: cache.folder)
        #expect(throws: NothingToRead.Asked(count: 1)) { try reopened.digests(of: files, from: NothingToRead()) }
        #expect(try reopened.digests(of: files, from: disk) == first)
        #expect(try BlobHashes(cacheDirectory: cache.folder).digests(of: files, from: NothingToRead()) == first)
    }
}

/// Fails when it is asked for anything.
private struct NothingToRead: FileContents {
    struct Asked: Error, Equatable { let count: Int }

    func read(_ files: [TreeFile], into sink: inout some FileSink) throws {
        if !files.isEmpty { throw Asked(count: files.count) }
    }
}
