// Blobs: verified on the way in, on the way out, and when a download goes on.
import Digests
import Foundation
import Layers
import SystemPackage
import Testing

@testable import BlobStore

@Suite(Privilege.trait) struct `Blobs` {
    private let bytes = Array("some bytes".utf8)
    private var digest: BlobDigest { BlobDigest(of: bytes) }

    private func damage(_ scratch: Scratch) throws {
        let url = URL(filePath: scratch.store.blobs.path(of: digest).string)
        try Data("some bytez".utf8).write(to: url)
    }

    @Test func `are written once they are whole and read verified`() throws {
        let scratch = try Scratch()
        let blobs = scratch.store.blobs
        #expect(!blobs.contains(digest))
        try blobs.write(expecting: digest, size: 10) { writer in
            try writer.append(Array(bytes[..<4]))
            #expect(!blobs.contains(digest))
            try writer.append(Array(bytes[4...]))
        }
        #expect(blobs.size(digest) == 10)
        #expect(try blobs.read(digest, atMost: 10) == bytes)
        #expect(try scratch.stored() == ["./blobs/sha256/" + digest.hex])
        let mode = try run("/usr/bin/stat", "-c", "%a", blobs.path(of: digest).string)
        #expect(mode == "600\n")
        try blobs.sync([digest])
    }

    @Test func `with another digest or size than promised are not kept`() throws {
        let scratch = try Scratch()
        let (blobs, other) = (scratch.store.blobs, BlobDigest(of: [1]))
        #expect(throws: StoreError.corrupt(expected: other, actual: digest)) {
            try blobs.write(expecting: other) { try $0.append(bytes) }
        }
        #expect(throws: StoreError.wrongSize(of: "a blob", expected: 9, actual: 10)) {
            try blobs.write(size: 9) { try $0.append(bytes) }
        }
        #expect(throws: StoreError.wrongSize(of: "a blob", expected: 11, actual: 10)) {
            try blobs.write(size: 11) { try $0.append(bytes) }
        }
        #expect(try scratch.stored().isEmpty)
        #expect(try scratch.unfinished().isEmpty)
    }

    @Test func `larger than the caller takes are not read`() throws {
        let scratch = try Scratch()
        try scratch.store.blobs.write { try $0.append(bytes) }
        #expect(throws: StoreError.self) { try scratch.store.blobs.read(digest, atMost: 9) }
        #expect(scratch.store.blobs.contains(digest))
    }

    @Test func `that rotted are reported and removed`() throws {
        let scratch = try Scratch()
        let blobs = scratch.store.blobs
        let rotten = StoreError.corrupt(expected: digest, actual: BlobDigest(of: Array("some bytez".utf8)))
        for read in [{ _ = try blobs.read(digest, atMost: 99) }, { try blobs.verify(digest) }] {
            try blobs.write { try $0.append(bytes) }
            try damage(scratch)
            #expect(throws: rotten) { try read() }
            #expect(throws: StoreError.absentBlob(digest)) { try read() }
        }
    }

    @Test func `cut short are rotten too`() throws {
        let scratch = try Scratch()
        try scratch.store.blobs.write { try $0.append(bytes) }
        try run("/usr/bin/truncate", "-s", "3", scratch.store.blobs.path(of: digest).string)
        #expect(throws: StoreError.self) { try scratch.store.blobs.read(digest, atMost: 99) }
        #expect(!scratch.store.blobs.contains(digest))
    }

    @Test func `arriving in parts go on where they stopped`() throws {
        let scratch = try Scratch()
        let blobs = scratch.store.blobs
        do {
            let part = try #require(try blobs.partial(digest, size: 10))
            #expect(part.offset == 0)
            try part.append(Array(bytes[..<4]))
            #expect(try blobs.partial(digest, size: 10) == nil, "held by the first")
        }
        let part = try #require(try blobs.partial(digest, size: 10))
        #expect(part.offset == 4)
        try part.append(Array(bytes[4...]))
        try part.finish()
        #expect(try blobs.read(digest, atMost: 10) == bytes)
        #expect(try scratch.names(scratch["store/partial"]).isEmpty)
    }

    @Test func `arriving in wrong parts are thrown away`() throws {
        let scratch = try Scratch()
        let blobs = scratch.store.blobs
        do {
            let part = try #require(try blobs.partial(digest))
            try part.append(Array("SOME".utf8))
        }
        let part = try #require(try blobs.partial(digest))
        try part.append(Array(bytes[4...]))
        #expect(throws: StoreError.self) { try part.finish() }
        #expect(try scratch.stored().isEmpty)
        let short = try #require(try blobs.partial(digest, size: 10))
        #expect(short.offset == 0)
        #expect(throws: StoreError.wrongSize(of: "blob \(digest)", expected: 10, actual: 0)) { try short.finish() }
        #expect(throws: StoreError.self) { try short.append([UInt8](repeating: 0, count: 11)) }
    }

    @Test func `arriving in parts can begin anew`() throws {
        let scratch = try Scratch()
        let part = try #require(try scratch.store.blobs.partial(digest, size: 10))
        try part.append(Array("WRONG".utf8))
        try part.restart()
        #expect(part.offset == 0)
        try part.append(bytes)
        try part.finish()
        #expect(try scratch.store.blobs.read(digest, atMost: 10) == bytes)
    }

    @Test func `whose download stopped long ago are forgotten, unless somebody holds them`() throws {
        let scratch = try Scratch()
        let blobs = scratch.store.blobs
        let (old, held, new) = (BlobDigest(of: [1]), BlobDigest(of: [2]), BlobDigest(of: [3]))
        for digest in [old, held, new] { try #require(try blobs.partial(digest)).append([7]) }
        for digest in [old, held] {
            try run("/usr/bin/touch", "-d", "8 days ago", blobs.partials.appending(digest.hex).string)
        }
        let part = try #require(try blobs.partial(held))
        let store = try Store(root: scratch.store.root)
        defer { try? store.close() }
        #expect(try blobs.partial(old)?.offset == 0)
        #expect(try blobs.partial(new)?.offset == 1)
        #expect(part.offset == 1)
        #expect(FileManager.default.fileExists(atPath: blobs.partials.appending(held.hex).string))
    }

    @Test func `of a full disk fail with a reason and leave nothing`() async {
        await #expect(processExitsWith: .success) {
            try FullDisk.withSmallDisk { root in
                let store = try Store(root: root)
                let bytes = [UInt8](repeating: 7, count: 1 << 20)
                do {
                    try store.blobs.write { writer in for _ in 0..<8 { try writer.append(bytes) } }
                    throw FullDisk.Unnoticed()
                } catch let error as StoreError {
                    try #require(error.isDiskFull)
                    try #require("\(error)".contains("no space is left"))
                }
                try #require(try Directory(store.work.path).names() == [Array("lock".utf8)])
                try store.blobs.write { try $0.append([1]) }
            }
        }
    }
}
