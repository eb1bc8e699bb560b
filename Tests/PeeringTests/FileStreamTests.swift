// Files on their way in one body: all of them arrive, cut anywhere; what is wrong is refused and leaves nothing.
import BlobStore
import Digests
import Foundation
import HTTPMessages
import SystemPackage
import Testing

@testable import Peering

/// A store of its own, gone with the value.
final class TemporaryStore {
    let store: Store
    private let folder: FilePath

    init() throws {
        folder = FilePath(FileManager.default.temporaryDirectory.path).appending("weft-peering-\(UUID().uuidString)")
        store = try Store(root: folder)
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(atPath: folder.string)
    }
}

@Suite struct `A stream of files` {
    private static let files: [[UInt8]] = [
        [], Array("hello".utf8), [UInt8](repeating: 7, count: 300_000), Array("last".utf8),
    ]

    private static func encoded(_ files: [[UInt8]]) -> [UInt8] {
        files.flatMap { FileStream.Head(digest: BlobDigest(of: $0), byteCount: Int64($0.count)).bytes + $0 }
    }

    /// Feeds `bytes` in pieces of `step`.
    private func read(_ bytes: [UInt8], step: Int, into store: Store) async throws -> Int {
        let body = Body()
        return try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask {
                for start in stride(from: 0, to: bytes.count, by: step) {
                    try await body.write(Array(bytes[start..<min(start + step, bytes.count)]))
                }
                body.finish()
                return nil
            }
            group.addTask {
                var reader = FileStreamReader(store.blobs)
                defer { body.abandon() }
                return try await reader.read(body)
            }
            var count = 0
            while let result = try await group.next() { count = result ?? count }
            return count
        }
    }

    @Test(arguments: [1, 39, 40, 41, 4_096, 1 << 20])
    func `arrives whole in pieces of any size`(step: Int) async throws {
        let temporary = try TemporaryStore()
        let files = step == 1 ? [Self.files[0], Self.files[1], Self.files[3]] : Self.files
        #expect(try await read(Self.encoded(files), step: step, into: temporary.store) == files.count)
        for file in files {
            let isSame = try temporary.store.blobs.read(BlobDigest(of: file), atMost: 1 << 20) == file
            #expect(isSame)
        }
    }

    @Test func `cut anywhere is an error, and what came whole before stays`() async throws {
        let temporary = try TemporaryStore()
        let first = Array("first".utf8)
        let bytes = Self.encoded([first, Array("second".utf8)])
        for end in [1, 39, 44, 46, 84, bytes.count - 1] {
            await #expect(throws: (any Error).self) {
                _ = try await read(Array(bytes.prefix(end)), step: 7, into: temporary.store)
            }
        }
        #expect(temporary.store.blobs.contains(BlobDigest(of: first)))
        #expect(!temporary.store.blobs.contains(BlobDigest(of: Array("second".utf8))))
    }

    @Test func `with other bytes than its name says leaves nothing`() async throws {
        let temporary = try TemporaryStore()
        let digest = BlobDigest(of: Array("true".utf8))
        let bytes = FileStream.Head(digest: digest, byteCount: 5).bytes + Array("false".utf8)
        await #expect(throws: StoreError.self) { _ = try await read(bytes, step: 100, into: temporary.store) }
        #expect(!temporary.store.blobs.contains(digest))
        #expect(!temporary.store.blobs.contains(BlobDigest(of: Array("false".utf8))))
    }

    @Test func `whose length nobody can have is refused before a byte is taken`() async throws {
        let temporary = try TemporaryStore()
        let digest = BlobDigest(of: [])
        let great = FileStream.Head(digest: digest, byteCount: FileStreamReader.fileBytesMax + 1).bytes
        await #expect(throws: FileStreamReader.Refusal.self) {
            _ = try await read(great, step: 100, into: temporary.store)
        }
        let negative = Array(great.prefix(32)) + [UInt8](repeating: 0xFF, count: 8)
        await #expect(throws: FileStreamReader.Refusal.self) {
            _ = try await read(negative, step: 100, into: temporary.store)
        }
    }

    @Test func `of noise never does more than fail`() async throws {
        let temporary = try TemporaryStore()
        var state: UInt64 = 42
        for _ in 0..<300 {
            var bytes = Self.encoded([Array("one".utf8), Array("two".utf8)])
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
            }
            _ = try? await read(bytes, step: 13, into: temporary.store)
        }
        let known = [Array("one".utf8), Array("two".utf8)].map { BlobDigest(of: $0).hex }
        let there = try FileManager.default.contentsOfDirectory(
            atPath: temporary.store.root.appending("blobs/sha256").string)
        for name in there {
            let bytes = try temporary.store.blobs.read(try #require(BlobDigest(hex: name)), atMost: 1 << 10)
            #expect(known.contains(name) || BlobDigest(of: bytes).hex == name)
        }
    }
}

@Suite struct `Heads of files` {
    @Test func `come back as they were`() throws {
        for count in [0, 1, 255, 256, 1 << 40] as [Int64] {
            let digest = BlobDigest(of: Array("\(count)".utf8))
            let bytes = FileStream.Head(digest: digest, byteCount: count).bytes
            #expect(bytes.count == FileStream.headBytes)
            let head = try #require(FileStream.Head(bytes[...]))
            #expect((head.digest, head.byteCount) == (digest, count))
        }
    }
}

@Suite struct `Addresses of peers` {
    @Test(arguments: [
        ("10.0.0.1:5090", "10.0.0.1", 5_090), ("a.example.com:1", "a.example.com", 1), ("[::1]:80", "::1", 80),
    ])
    func `are read and written`(text: String, host: String, port: Int) throws {
        let address = try #require(PeerAddress(text))
        #expect((address.host, address.port) == (host, port))
        #expect(address.description == text)
    }

    @Test(arguments: ["", "a", "a:", ":1", "a:0", "a:65536", "a:x", "[]:1"])
    func `that lead nowhere are none`(text: String) { #expect(PeerAddress(text) == nil) }
}
