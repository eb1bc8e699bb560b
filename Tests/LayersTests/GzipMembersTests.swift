// Compressed layers: the same bytes on any number of threads, readable by gzip.
import CISAL
import Digests
import Foundation
import SystemPackage
import Testing

@testable import Layers

@Suite struct `Gzip members` {
    private func compress(_ bytes: [UInt8], cores: Int, pieces: Int) throws -> [UInt8] {
        var output: [UInt8] = []
        let gzip = unsafe GzipMembers(cores: cores) { unsafe output.append(contentsOf: $0) }
        var rest = bytes[...]
        while !rest.isEmpty {
            try unsafe Array(rest.prefix(pieces)).withUnsafeBytes { try unsafe gzip.append($0) }
            rest = rest.dropFirst(pieces)
        }
        let stream = try gzip.finish()
        #expect(stream.blobByteCount == Int64(output.count))
        #expect(stream.blob == BlobDigest(of: output))
        #expect(stream.contentByteCount == Int64(bytes.count))
        #expect(stream.content == BlobDigest(of: bytes))
        return output
    }

    /// Half text, half noise: stored and compressed blocks.
    private func sample(_ count: Int) -> [UInt8] {
        var state: UInt64 = 88_172_645_463_325_252
        return (0..<count).map { index in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return (index >> 18) & 1 == 0 ? UInt8(truncatingIfNeeded: state) : UInt8(index & 31)
        }
    }

    @Test(arguments: [0, 1, 1 << 20, (1 << 20) + 1, 9 << 19])
    func `any number of threads gives the same bytes`(_ count: Int) throws {
        let bytes = sample(count)
        let one = try compress(bytes, cores: 1, pieces: 1 << 20)
        for (cores, pieces) in [(2, 4096 * 3), (4, 1 << 22), (16, 700_001)] {
            #expect(try compress(bytes, cores: cores, pieces: pieces) == one)
        }
        let scratch = try Scratch()
        try scratch.write("layer.gz", one)
        try run("/usr/bin/gzip", "-t", scratch["layer.gz"].string)
        try run("/bin/sh", "-c", "gzip -dc \"$0\" > \"$0.plain\"", scratch["layer.gz"].string)
        #expect(try scratch.read("layer.gz.plain") == bytes)
    }

    @Test(arguments: [1, 2, 3, 8])
    func `no more members are in flight than the bound says`(_ cores: Int) throws {
        let piece = sample(100_000)
        let bytesMax = GzipMembers.membersMax(cores: cores) * GzipMembers.memberBytes
        var (given, taken) = (0, 0)
        let gzip = unsafe GzipMembers(cores: cores) { _ in taken += GzipMembers.memberBytes }
        while given < 2 * bytesMax {
            try unsafe piece.withUnsafeBytes { try unsafe gzip.append($0) }
            given += piece.count
            // What was given and is in no output yet is held somewhere.
            #expect(given - taken <= bytesMax)
        }
        #expect(try gzip.finish().contentByteCount == Int64(given))
        #expect(taken >= given)
    }

    /// A beginning that comes again at once: whether isa-l still knows it then shows in what it makes.
    private func repeating(_ start: UInt32) -> [UInt8] {
        let word = unsafe withUnsafeBytes(of: start) { unsafe Array($0) }
        let noise = sample(1 << 16).prefix(300)
        return word + noise.prefix(20) + word + noise + word + [UInt8](repeating: 0, count: 5000)
    }

    @Test func `the address of isa-l's memory changes nothing`() throws {
        func compressed(_ bytes: [UInt8], _ compressor: MemberCompressor) throws -> [UInt8] {
            let member = GzipMember()
            #expect(unsafe bytes.withUnsafeBytes { unsafe member.fill($0) } == bytes.count)
            member.compress(with: compressor)
            return try unsafe Array(member.compressed())
        }
        let (one, other) = (MemberCompressor(), MemberCompressor())
        for compressor in [one, other] { _ = try compressed(sample(5000), compressor) }
        let (first, second) = (try #require(one.addresses.first), try #require(other.addresses.first))
        // A beginning whose place in the table is the one that the first address spoils, and the second does not.
        let spoiled = MemberStart.hash(UInt32(truncatingIfNeeded: first >> 16)) % 8192
        let bytes = try #require(
            (UInt32(1 << 20)...).lazy.filter { MemberStart.hash($0) % 8192 == spoiled }.map(repeating).first { bytes in
                unsafe bytes.withUnsafeBytes { unsafe !MemberStart($0).isChanged(by: second) }
            })
        #expect(unsafe bytes.withUnsafeBytes { unsafe MemberStart($0).isChanged(by: first) })
        #expect(try compressed(bytes, one) == compressed(bytes, other))
        #expect(one.addresses.count > 1)
    }

    @Test func `memory that was used before changes nothing`() throws {
        let bytes = (0..<512).map { UInt8($0 & 31) }
        let first = try compress(bytes, cores: 1, pieces: 512)
        let count = unsafe MemoryLayout<isal_zstream>.size / 2
        for value in UInt16(1)...4 {
            // The allocator gives the same memory again, with a window of a few bytes where isa-l looks for its size.
            let blocks = unsafe (0..<8).map { _ in UnsafeMutablePointer<UInt16>.allocate(capacity: count) }
            unsafe blocks.forEach { unsafe $0.initialize(repeating: value, count: count) }
            unsafe blocks.forEach { unsafe $0.deallocate() }
            #expect(try compress(bytes, cores: 1, pieces: 512) == first)
        }
    }

    @Test func `an error of the output reaches the caller and all threads end`() throws {
        struct Full: Error {}
        let bytes = sample(6 << 20)
        for cores in [1, 4] {
            let gzip = unsafe GzipMembers(cores: cores) { _ in throw Full() }
            #expect(throws: Full.self) {
                try unsafe bytes.withUnsafeBytes { try unsafe gzip.append($0) }
                _ = try gzip.finish()
            }
        }
    }

    @Test func `the compressor's name tells its bytes apart`() {
        #expect(GzipMembers.compressor.wholeMatch(of: /isa-l-1-1MiB-[0-9a-f]{12}/) != nil)
    }

    @Test func `a directory is hashed and compressed in one pass`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        try scratch.write("upper/big", sample(3 << 20))
        try scratch.write("upper/small", "x")
        var layers: Set<CompressedLayer> = []
        for cores in [1, 2, 4] {
            let file = try scratch.create("layer.gz")
            defer { try? file.close() }
            layers.insert(
                try LayerWriter(times: .fixed(0)).writeCompressed(scratch["upper"], to: file, cores: cores))
        }
        let layer = try #require(layers.first)
        #expect(layers.count == 1)
        #expect(layer.blob == BlobDigest(of: try scratch.read("layer.gz")))
        try run("/bin/sh", "-c", "gzip -dc \"$0\" > \"$0.tar\"", scratch["layer.gz"].string)
        #expect(layer.summary.diffID == BlobDigest(of: try scratch.read("layer.gz.tar")))
        #expect(try run("/bin/tar", "tf", scratch["layer.gz.tar"].string) == "big\nsmall\n")
    }
}
