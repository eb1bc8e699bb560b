// Downloads whose parts come in any order: wrong ones are refused, stops and crashes lose nothing that is whole.
import Digests
import Foundation
import Glibc
import SystemPackage
import Testing

@testable import BlobStore

@Suite struct `Blobs that arrive in any order` {
    /// Three parts, the last a short one.
    private static let bytes: [UInt8] = [Int(BlobParts.byteCount), Int(BlobParts.byteCount), 1_000].enumerated()
        .flatMap { part, count in [UInt8](repeating: UInt8(part + 1), count: count) }
    private static let digest = BlobDigest(of: bytes)
    private static let digests = (0..<3).map { BlobDigest(of: part($0)) }

    private static func part(_ number: Int) -> [UInt8] {
        Array(bytes.dropFirst(number * Int(BlobParts.byteCount)).prefix(Int(BlobParts.byteCount)))
    }

    private let scratch: Scratch
    private let parts: BlobParts
    private var blobs: BlobFolder { scratch.store.blobs }

    init() throws {
        scratch = try Scratch()
        parts = try #require(BlobParts(size: Int64(Self.bytes.count)))
    }

    private func open() throws -> ScatteredBlob { try free { try blobs.scattered(Self.digest, parts) } }

    /// A process that is being started holds all locks of this one for a moment.
    private func free<Opened>(_ open: () throws -> Opened?) throws -> Opened {
        for _ in 0..<1_000 {
            if let opened = try open() { return opened }
            usleep(5_000)
        }
        throw StoreError.busy(what: "what nobody holds")
    }

    private func inOrder() throws -> PartialBlob {
        try free { try blobs.partial(Self.digest, size: parts.size) }
    }

    private func put(_ part: Int, into blob: ScatteredBlob) throws {
        #expect(try blob.put(Self.part(part), as: part, expecting: Self.digests[part]))
    }

    private func checked(_ blob: ScatteredBlob) throws -> [Int] {
        for (part, digest) in Self.digests.enumerated() { try blob.check(part, is: digest) }
        return (0..<3).filter(blob.present.contains)
    }

    private func isWhole() throws -> Bool { try blobs.read(Self.digest, atMost: Self.bytes.count) == Self.bytes }

    @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1, 1]])
    func `are whole when all parts came`(order: [Int]) throws {
        let blob = try open()
        #expect(blob.foundCount == 0)
        for part in order { try put(part, into: blob) }
        #expect(blob.present.isFull)
        try blob.finish()
        #expect(try isWhole())
        #expect(try scratch.names(scratch["store/partial"]).isEmpty)
    }

    @Test func `refuse a wrong part, and are not whole without it`() throws {
        let blob = try open()
        try put(0, into: blob)
        var wrong = Self.part(1)
        wrong[7] ^= 1
        #expect(try !blob.put(wrong, as: 1, expecting: Self.digests[1]))
        #expect(try !blob.put(Self.part(2), as: 1, expecting: Self.digests[2]), "of another length")
        try put(2, into: blob)
        let missing = StoreError.wrongSize(
            of: "blob \(Self.digest)", expected: parts.size, actual: parts.size - BlobParts.byteCount)
        #expect(throws: missing) { try blob.finish() }
        try put(1, into: blob)
        try blob.finish()
        #expect(try isWhole())
    }

    @Test func `of parts that are what somebody said and not the blob are removed`() throws {
        let blob = try open()
        let wrong = [UInt8](repeating: 1, count: Int(BlobParts.byteCount))
        #expect(try blob.put(wrong, as: 1, expecting: BlobDigest(of: wrong)))
        for part in [0, 2] { try put(part, into: blob) }
        #expect(throws: StoreError.self) { try blob.finish() }
        #expect(try scratch.stored().isEmpty)
    }

    @Test func `go on with the parts that were there`() throws {
        try put(2, into: try open())
        do {
            let blob = try open()
            #expect(blob.foundCount == 3 && blob.present.memberCount == 0, "not before they are checked")
            #expect(try blobs.scattered(Self.digest, parts) == nil, "held by the first")
            #expect(try checked(blob) == [2])
            try put(0, into: blob)
        }
        let blob = try open()
        #expect(try checked(blob) == [0, 2])
        try put(1, into: blob)
        try blob.finish()
        #expect(try isWhole())
    }

    @Test func `keep whole parts of what came in order`() throws {
        try inOrder().append(Array(Self.bytes.prefix(5_000_000)))
        #expect(!blobs.isScattered(Self.digest, parts))
        let blob = try open()
        #expect(blob.foundCount == 1 && blobs.isScattered(Self.digest, parts))
        #expect(try checked(blob) == [0])
    }

    @Test func `are begun anew in order, unless they are whole`() throws {
        for part in [0, 2] { try put(part, into: try open()) }
        do {
            let blob = try inOrder()
            #expect(blob.offset == 0)
        }
        do {
            let blob = try open()
            for part in 0..<3 { try put(part, into: blob) }
        }
        let whole = try inOrder()
        #expect(whole.offset == parts.size)
        try whole.finish()
        #expect(try isWhole())
    }

    /// What a crash leaves: a part that was not written to its end, and one whose bytes never reached the disk.
    @Test func `do without a part that a crash cut`() throws {
        do {
            let blob = try open()
            for part in 0..<3 { try put(part, into: blob) }
        }
        let path = blobs.partials.appending(Self.digest.hex)
        let file = try FileDescriptor.open(path, .readWrite)
        try file.writeAll(toAbsoluteOffset: BlobParts.byteCount - 4096, [UInt8](repeating: 0, count: 4096))
        try file.resize(to: 2 * BlobParts.byteCount)
        try file.close()
        let blob = try open()
        #expect(try checked(blob) == [1])
    }

    @Test func `of a killed process are found again`() async throws {
        unsafe setenv("WEFT_TEST_STORE", scratch.store.root.string, 1)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let store = try Store(root: FilePath(ProcessInfo.processInfo.environment["WEFT_TEST_STORE"] ?? ""))
            let parts = try #require(BlobParts(size: Int64(Self.bytes.count)))
            let blob = try #require(try store.blobs.scattered(Self.digest, parts))
            _ = try blob.put(Self.part(1), as: 1, expecting: Self.digests[1])
            kill(getpid(), SIGKILL)
        }
        let blob = try open()
        #expect(try checked(blob) == [1])
    }

    @Test func `are read by others while they grow, and afterwards`() throws {
        let blob = try open()
        try put(1, into: blob)
        let reader = try blob.reader()
        defer { try? reader.close() }
        for part in [0, 2] { try put(part, into: blob) }
        try blob.finish()
        #expect(try blobs.digest(of: parts.bytes(of: 1), of: Self.digest, in: reader) == Self.digests[1])
    }

    @Test(arguments: [1, 8, 9, 100])
    func `have sets of parts that are written as digits`(count: Int) throws {
        var some = PartSet(count: count)
        for part in stride(from: 0, to: count, by: 3) { some.insert(part) }
        let read = try #require(PartSet(hex: some.hex, count: count))
        #expect(read == some)
        #expect((0..<count).filter(read.contains) == Array(stride(from: 0, to: count, by: 3)))
        #expect(PartSet(allOf: count).isFull && PartSet(allOf: count).memberCount == count)
        #expect(PartSet(hex: some.hex + "0", count: count) == nil)
        #expect(PartSet(hex: some.hex.dropLast(2), count: count) == nil)
        #expect(PartSet(hex: String(repeating: "g", count: some.hex.count), count: count) == nil)
        if count % 8 != 0 { #expect(PartSet(hex: String(repeating: "f", count: some.hex.count), count: count) == nil) }
    }

    @Test func `have parts of which only the last is short`() {
        #expect(BlobParts(size: 0) == nil)
        #expect(BlobParts(size: Int64(BlobParts.countMax) * BlobParts.byteCount)?.count == BlobParts.countMax)
        #expect(BlobParts(size: Int64(BlobParts.countMax) * BlobParts.byteCount + 1) == nil)
        #expect(parts.bytes(of: 2) == 2 * BlobParts.byteCount..<Int64(Self.bytes.count))
        #expect(parts.covering(BlobParts.byteCount - 1..<BlobParts.byteCount + 1) == 0..<2)
        #expect(parts.covering(BlobParts.byteCount..<2 * BlobParts.byteCount) == 1..<2)
    }
}
