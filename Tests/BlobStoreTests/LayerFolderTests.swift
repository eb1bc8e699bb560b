// Layers on the disk: adopted, unpacked, compressed again, flattened.
import CLinux
import Digests
import Foundation
import Glibc
import Layers
import Synchronization
import SystemPackage
import Testing

@testable import BlobStore

@Suite(Privilege.trait) struct `Stored layers` {
    @Test func `are adopted by renaming, once`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        let summary = try scratch.makeUpper("one", ["dir/file": "x"])
        #expect(try scratch.makeUpper("two", ["dir/file": "x"]) == summary)
        #expect(throws: StoreError.absentLayer(summary.diffID)) { try layers.path(summary.diffID) }
        let path = try scratch.adopt("one", summary)
        #expect(try scratch.adopt("two", summary) == path)
        #expect(try layers.path(summary.diffID) == path)
        #expect(try scratch.text(path.appending("dir/file")) == "x")
        #expect(try scratch.names(scratch.path) == ["store"])
        #expect(try scratch.unfinished().isEmpty)
        let record = try #require(layers.record(of: summary.diffID))
        #expect(record.origin == .built && record.times == .fixed(1) && record.byteCount == summary.byteCount)
    }

    @Test func `adopted by many threads at once are there once`() async throws {
        let scratch = try Scratch()
        let names = (0..<8).map { "upper\($0)" }
        let summaries = try names.map { try scratch.makeUpper($0, ["f": "same"]) }
        #expect(Set(summaries).count == 1)
        let paths = try await withThrowingTaskGroup(of: FilePath.self) { group in
            for name in names {
                group.addTask { try scratch.adopt(name, summaries[0]) }
            }
            return try await group.reduce(into: Set<FilePath>()) { $0.insert($1) }
        }
        #expect(paths.count == 1)
        #expect(try scratch.names(scratch.path) == ["store"])
        #expect(try scratch.unfinished().isEmpty)
    }

    @Test func `with a damaged record are absent, said so, and replaced`() throws {
        let scratch = try Scratch()
        let summary = try scratch.adopt(["f": "1"])
        let record = scratch["store/layers"].appending(summary.diffID.hex).appending("layer")
        for damage in [Array("".utf8), Array("weft-layer 1".utf8), Array("weft-layer 9 0 x\n".utf8)] {
            try Data(damage).write(to: URL(filePath: record.string))
            #expect(!scratch.store.layers.contains(summary.diffID))
            #expect(scratch.log.lines.withLock { $0.last }?.contains(record.string) == true)
        }
        try scratch.adopt(["f": "1"])
        #expect(scratch.store.layers.contains(summary.diffID))
    }

    @Test func `are unpacked from a blob, and the blob is remembered`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        _ = try scratch.makeUpper("upper", ["a/b": "text"], removed: ["gone"])
        let made = try #require(try layers.compress(scratch["upper"], times: .fixed(1), cores: 2))
        let path = try layers.unpack(made.blob.digest, expecting: made.summary.diffID)
        #expect(try scratch.text(path.appending("a/b")) == "text")
        #expect(try Directory(path).status(of: Array("gone".utf8))?.isWhiteout == true)
        let record = try #require(layers.record(of: made.summary.diffID))
        #expect(record.origin == .base && record.blobs.map(\.digest) == [made.blob.digest])
        #expect(try layers.compressed(made.summary.diffID, cores: 1).digest == made.blob.digest)
    }

    @Test func `that are here already are compared with a blob that claims to be them`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        let summary = try scratch.adopt(["f": "x"])
        let diffID = summary.diffID
        _ = try scratch.makeUpper("same", ["f": "x"])
        let same = try #require(try layers.compress(scratch["same"], times: .fixed(1), cores: 1)).blob.digest
        _ = try scratch.makeUpper("other", ["f": "other"])
        let other = try #require(try layers.compress(scratch["other"], times: .fixed(1), cores: 1))
        #expect(!layers.contains(diffID, as: same) && !layers.contains(diffID, as: other.blob.digest))
        #expect(throws: LayerError.wrongDiffID(expected: diffID, actual: other.summary.diffID)) {
            try layers.unpack(other.blob.digest, expecting: diffID)
        }
        #expect(!layers.contains(diffID, as: other.blob.digest))
        try layers.unpack(same, expecting: diffID)
        #expect(layers.contains(diffID, as: same))
        #expect(layers.record(of: diffID)?.blobs.map(\.digest) == [same])
        // The tar itself, as local images name it.
        #expect(layers.contains(diffID, as: diffID))
        try layers.remove(diffID)
        #expect(!layers.contains(diffID, as: same))
        #expect(throws: LayerError.wrongDiffID(expected: diffID, actual: other.summary.diffID)) {
            try layers.verify(other.blob.digest, unpacksTo: diffID)
        }
    }

    @Test func `asked for by many at once are unpacked once`() async throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        _ = try scratch.makeUpper("upper", Dictionary(uniqueKeysWithValues: (0..<50).map { ("f\($0)", "\($0)") }))
        let made = try #require(try layers.compress(scratch["upper"], times: .fixed(1), cores: 1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask { _ = try layers.unpack(made.blob.digest, expecting: made.summary.diffID) }
            }
            try await group.waitForAll()
        }
        #expect(try scratch.unfinished().isEmpty)
        #expect(try scratch.names(scratch["store/layers"]) == [made.summary.diffID.hex])
    }

    @Test func `of a rotten blob are not made, and the blob goes`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        _ = try scratch.makeUpper("upper", ["f": String(repeating: "text", count: 1000)])
        let made = try #require(try layers.compress(scratch["upper"], times: .fixed(1), cores: 1))
        let blob = scratch.store.blobs.path(of: made.blob.digest)
        try run("/usr/bin/truncate", "-s", "-9", blob.string)
        #expect(throws: StoreError.self) { try layers.unpack(made.blob.digest, expecting: made.summary.diffID) }
        #expect(!scratch.store.blobs.contains(made.blob.digest))
        #expect(!layers.contains(made.summary.diffID))
        #expect(try scratch.unfinished().isEmpty)
    }

    @Test func `that are not what their image says are refused, and the good blob stays`() throws {
        let scratch = try Scratch()
        _ = try scratch.makeUpper("upper", ["f": "x"])
        let made = try #require(try scratch.store.layers.compress(scratch["upper"], times: .fixed(1), cores: 1))
        let other = BlobDigest(of: [9])
        #expect(throws: LayerError.wrongDiffID(expected: other, actual: made.summary.diffID)) {
            try scratch.store.layers.unpack(made.blob.digest, expecting: other)
        }
        #expect(scratch.store.blobs.contains(made.blob.digest))
    }

    @Test func `are compressed again when their blob is gone`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        let summary = try scratch.adopt(["f": "x", "d/g": "y"], removed: ["d/h"])
        let first = try layers.compressed(summary.diffID, cores: 2)
        #expect(first.compressor == GzipMembers.compressor)
        try scratch.store.blobs.remove(first.digest)
        #expect(try layers.compressed(summary.diffID, cores: 1) == first)
        #expect(scratch.store.blobs.size(first.digest) == first.byteCount)
    }

    @Test func `of an earlier boot are looked at once and believed from then on`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        let summary = try scratch.adopt(["f": "x", "d/g": "y"], removed: ["d/h"])
        #expect(layers.record(of: summary.diffID)?.unsyncedIn == Boot.current)
        try layers.change(summary.diffID) { $0.unsyncedIn = "earlier" }
        #expect(layers.contains(summary.diffID))
        #expect(layers.record(of: summary.diffID)?.unsyncedIn == nil)
        #expect(scratch.log.lines.withLock { $0 }.isEmpty)
    }

    @Test func `of an earlier boot that lost their bytes are gone`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        let summary = try scratch.adopt(["f": "x", "d/g": "y"])
        try Data().write(to: URL(filePath: layers.path(summary.diffID).appending("d/g").string))
        try layers.change(summary.diffID) { $0.unsyncedIn = "earlier" }
        #expect(!layers.contains(summary.diffID))
        #expect(scratch.log.lines.withLock { $0 }.first?.contains("may not have survived") == true)
        // The same layer may be made again.
        let again = try scratch.adopt(["f": "x", "d/g": "y"])
        #expect(again.diffID == summary.diffID)
        #expect(layers.contains(summary.diffID))
    }

    @Test func `of a base are believed after a restart when they were synced`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        _ = try scratch.makeUpper("upper", ["f": "x"])
        let made = try #require(try layers.compress(scratch["upper"], times: .fixed(1), cores: 1))
        let (blob, diffID) = (made.blob.digest, made.summary.diffID)
        try layers.unpack(blob, expecting: diffID)
        #expect(layers.record(of: diffID)?.unsyncedIn == Boot.current)
        try layers.sync([diffID])
        #expect(layers.record(of: diffID)?.unsyncedIn == nil)
        try layers.change(diffID) { $0.unsyncedIn = "earlier" }
        #expect(!layers.contains(diffID))
        try layers.unpack(blob, expecting: diffID)
        #expect(layers.contains(diffID))
    }

    @Test func `that were tampered with are not published under their old name`() throws {
        let scratch = try Scratch()
        let summary = try scratch.adopt(["f": "x"])
        let path = try scratch.store.layers.path(summary.diffID)
        try Data("y".utf8).write(to: URL(filePath: path.appending("f").string))
        #expect { try scratch.store.layers.compressed(summary.diffID, cores: 1) } throws: {
            guard case StoreError.notReproducible(summary.diffID, _) = $0 else { return false }
            return true
        }
        #expect(try scratch.stored().filter { $0.contains("blobs") }.isEmpty)
    }

    @Test func `without changes are no blob`() throws {
        let scratch = try Scratch()
        _ = try scratch.makeUpper("upper", [:])
        #expect(try scratch.store.layers.compress(scratch["upper"], times: .kept, cores: 1) == nil)
        #expect(try scratch.stored().isEmpty)
    }
}

@Suite(Privilege.trait) struct `Chains of layers` {
    @Test func `are lower directories, top first`() throws {
        let scratch = try Scratch()
        let diffIDs = try ["a", "b", "c"].map { try scratch.adopt([$0: $0]).diffID }
        let paths = try scratch.store.layers.overlayLowerPaths(diffIDs)
        #expect(try paths == diffIDs.reversed().map { try scratch.store.layers.path($0) })
    }

    @Test func `end at a layer whose top is opaque`() throws {
        let scratch = try Scratch()
        let below = try scratch.adopt(["a": "a"]).diffID
        let opaque = try scratch.adopt(["b": "b"], opaque: [""]).diffID
        let above = try scratch.adopt(["c": "c"]).diffID
        let paths = try scratch.store.layers.overlayLowerPaths([below, opaque, above])
        #expect(try paths == [above, opaque].map { try scratch.store.layers.path($0) })
    }

    @Test func `name a layer once, however often it is in the chain`() throws {
        let scratch = try Scratch()
        let twice = try scratch.adopt(["a": "a"]).diffID
        let once = try scratch.adopt(["a": "b"]).diffID
        let paths = try scratch.store.layers.overlayLowerPaths([twice, once, twice])
        #expect(try paths == [twice, once].map { try scratch.store.layers.path($0) })
    }

    @Test func `flattened are what an overlay of them shows`() async {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            let layers = scratch.store.layers
            let diffIDs = try [
                scratch.adopt(["keep": "1", "gone": "1", "d/old": "1", "o/old": "1", "type/inner": "1", "t2": "f"]),
                scratch.adopt(["d/new": "2", "o/new": "2", "type": "file"], removed: ["gone"], opaque: ["o"]),
                scratch.adopt(["keep": "3", "t2/inner": "3", "o/x/y": "3"], removed: ["d/old", "absent"]),
            ].map(\.diffID)
            try run("/bin/chmod", "750", layers.path(diffIDs[2]).appending("o").string)
            let flat = try layers.flattened(diffIDs)
            try #require(try layers.flattened(diffIDs) == flat)
            let merged = scratch["merged"]
            try FileManager.default.createDirectory(atPath: merged.string, withIntermediateDirectories: false)
            try #require(linux_unshare_mounts() == 0)
            let lower = try layers.overlayLowerPaths(diffIDs).map(\.string)
            let pointers = unsafe lower.map { unsafe UnsafePointer(strdup($0)) }
            defer { unsafe pointers.forEach { unsafe free(UnsafeMutableRawPointer(mutating: $0)) } }
            try #require(unsafe linux_mount_layers(pointers, Int32(lower.count), nil, nil, merged.string) == 0)
            defer { unsafe umount2(merged.string, Int32(MNT_DETACH)) }
            let list = { (path: FilePath) in
                try run(
                    "/bin/sh", "-c", "cd \"$0\" && find . -printf '%P %y %m %T@\\n' | sort && cat keep o/new",
                    path.string)
            }
            try #require(try list(flat) == list(merged))
            try #require(try list(flat).contains("o/x/y f"))
        }
    }

    @Test func `longer than the kernel takes are flattened in blocks`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        let diffIDs = try (0..<401).map { try scratch.adopt(["f\($0)": "\($0)", "same": "\($0)"]).diffID }
        #expect(try layers.overlayLowerPaths(Array(diffIDs.prefix(400))).count == 400)
        let paths = try layers.overlayLowerPaths(diffIDs)
        #expect(paths.count == 202)
        let flat = try #require(paths.last)
        #expect(try scratch.names(flat).count == 201)
        #expect(try scratch.text(flat.appending("same")) == "199")
        #expect(try layers.overlayLowerPaths(Array(diffIDs.prefix(401))) == paths)
    }

    @Test func `flattened before a restart of the host are made again of layers that are whole`() throws {
        let scratch = try Scratch()
        let layers = scratch.store.layers
        let diffIDs = try ["a", "b"].map { try scratch.adopt([$0: $0]).diffID }
        let flat = try layers.flattened(diffIDs)
        try Data("earlier".utf8).write(to: URL(filePath: flat.removingLastComponent().appending("boot").string))
        try Data().write(to: URL(filePath: flat.appending("a").string))
        for diffID in diffIDs { try layers.change(diffID) { $0.unsyncedIn = "earlier" } }
        #expect(throws: StoreError.absentLayer(diffIDs[0])) { try layers.flattened(diffIDs) }
        try scratch.adopt(["a": "a"])
        #expect(try scratch.text(layers.flattened(diffIDs).appending("a")) == "a")
        #expect(try scratch.unfinished().isEmpty)
    }

    @Test func `have the chain id of the image specification`() throws {
        let (a, b) = (BlobDigest(of: [1]), BlobDigest(of: [2]))
        #expect(BlobDigest.chain([a]) == a)
        #expect(BlobDigest.chain([a, b]) == BlobDigest(of: Array("sha256:\(a.hex) sha256:\(b.hex)".utf8)))
    }
}
