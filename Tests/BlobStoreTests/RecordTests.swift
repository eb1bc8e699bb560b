// Steps' results and tags: whole or absent, and tags made once.
import Digests
import Foundation
import Layers
import Synchronization
import SystemPackage
import Testing

@testable import BlobStore

@Suite struct `Results of steps` {
    private let digest = StageDigest(of: ["a"])

    @Test func `are read as written and replaced whole`() throws {
        let scratch = try Scratch()
        let steps = scratch.store.steps
        #expect(steps.read(digest) == nil)
        try steps.write(digest, Array("first\nresult".utf8))
        try steps.write(digest, [])
        #expect(steps.read(digest) == [])
        try steps.write(digest, [0, 10, 255])
        #expect(steps.read(digest) == [0, 10, 255])
        #expect(try scratch.stored() == ["./steps/\(digest.hex)"])
        #expect(scratch.log.lines.withLock { $0.isEmpty })
        try steps.remove(digest)
        #expect(steps.read(digest) == nil)
    }

    @Test func `damaged anywhere are absent, with a reason`() throws {
        let scratch = try Scratch()
        let path = scratch["store/steps/\(digest.hex)"]
        try scratch.store.steps.write(digest, Array("result".utf8))
        let whole = Array(try Data(contentsOf: URL(filePath: path.string)))
        for place in whole.indices {
            var damaged = whole
            damaged[place] ^= 1
            for bytes in [damaged, Array(whole[..<place])] {
                try Data(bytes).write(to: URL(filePath: path.string))
                #expect(scratch.store.steps.read(digest) == nil, "byte \(place)")
            }
        }
        #expect(scratch.log.lines.withLock { $0.count } == 2 * whole.count)
        try Data(whole).write(to: URL(filePath: path.string))
        #expect(scratch.store.steps.read(digest) == Array("result".utf8))
    }

    @Test func `have a bound`() throws {
        let scratch = try Scratch()
        let bytes = [UInt8](repeating: 0, count: StepFolder.recordBytesMax + 1)
        #expect(throws: StoreError.self) { try scratch.store.steps.write(digest, bytes) }
        #expect(try scratch.unfinished().isEmpty)
    }

    /// Bytes that an earlier version wrote are still read.
    @Test func `keep their form`() throws {
        let scratch = try Scratch()
        try scratch.write(
            "store/steps/\(digest.hex)",
            "weft-step 1 3 sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\nabc")
        #expect(scratch.store.steps.read(digest) == Array("abc".utf8))
    }
}

@Suite struct `Local tags` {
    @Test func `are made once and never overwritten`() throws {
        let scratch = try Scratch()
        let tags = scratch.store.tags
        #expect(try tags.list("shop") == [])
        #expect(try tags.read("v1", of: "shop") == nil)
        #expect(try tags.create("v1", of: "shop", Array("one".utf8)) == .created)
        #expect(try tags.create("v1", of: "shop", Array("two".utf8)) == .exists(Array("one".utf8)))
        #expect(try tags.read("v1", of: "shop") == Array("one".utf8))
        #expect(try tags.create("v0", of: "shop", []) == .created)
        #expect(try tags.list("shop") == ["v0", "v1"])
        #expect(try tags.list("other") == [])
        try tags.remove("v1", of: "shop")
        #expect(try tags.create("v1", of: "shop", Array("two".utf8)) == .created)
        #expect(try scratch.unfinished().isEmpty)
    }

    @Test func `that begin alike are found without the others`() throws {
        let scratch = try Scratch()
        let tags = scratch.store.tags
        for tag in ["abc-2", "abc-1", "abd-1", "ab", "b"] { _ = try tags.create(tag, of: "p", []) }
        #expect(try tags.list("p", startingWith: "abc") == ["abc-1", "abc-2"])
        #expect(try tags.list("p", startingWith: "ab") == ["ab", "abc-1", "abc-2", "abd-1"])
        #expect(try tags.list("p", startingWith: "xyz") == [])
        #expect(try tags.list("q", startingWith: "abc") == [])
        #expect(try tags.list("p") == ["ab", "abc-1", "abc-2", "abd-1", "b"])
    }

    @Test func `of a store of before count as absent`() throws {
        let scratch = try Scratch()
        let tags = scratch.store.tags
        _ = try tags.create("abc", of: "p", [])
        try scratch.write("store/repos/p/tags/abd", "weft-tag 1 0 old\n")
        #expect(try tags.list("p") == ["abc"])
        #expect(try tags.list("p", startingWith: "abd") == [])
        #expect(try tags.read("abd", of: "p") == nil)
        #expect(try tags.create("abd", of: "p", Array("new".utf8)) == .created)
        #expect(try tags.read("abd", of: "p") == Array("new".utf8))
    }

    @Test func `tried by many at once have one winner`() async throws {
        let scratch = try Scratch()
        let results = try await withThrowingTaskGroup(of: TagFolder.Creation.self) { group in
            for index in 0..<16 {
                group.addTask { try scratch.store.tags.create("t", of: "p", [UInt8(index)]) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let winner = try #require(try scratch.store.tags.read("t", of: "p"))
        #expect(results.filter { $0 == .created }.count == 1)
        #expect(results.filter { $0 == .exists(winner) }.count == 15)
    }

    @Test func `that are damaged count as absent and are made again`() throws {
        let scratch = try Scratch()
        let tags = scratch.store.tags
        _ = try tags.create("t", of: "p", Array("one".utf8))
        try scratch.write("store/repos/p/tags/t/t", "weft-tag 1 3 torn")
        #expect(try tags.read("t", of: "p") == nil)
        #expect(try tags.create("t", of: "p", Array("two".utf8)) == .created)
        #expect(try tags.read("t", of: "p") == Array("two".utf8))
    }

    @Test(arguments: ["", ".", "..", "a/b", "../x", "-x", ".hidden", "ä", "a\0b", String(repeating: "x", count: 129)])
    func `have names that stay in their folder`(_ name: String) throws {
        let scratch = try Scratch()
        #expect(throws: StoreError.self) { try scratch.store.tags.create(name, of: "p", []) }
        #expect(throws: StoreError.self) { try scratch.store.tags.create("t", of: name, []) }
        #expect(throws: StoreError.self) { try scratch.store.tags.list(name) }
        #expect(try scratch.stored().isEmpty)
    }
}
