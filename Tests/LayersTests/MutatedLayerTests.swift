// Thousands of damaged archives: the reader may refuse them, and may never crash, hang or write outside.
import Foundation
import Layers
import SystemPackage
import Testing

@Suite(.serialized, Privilege.trait) struct `Mutated layers` {
    /// A small generator with a seed, so that a failing run is the same run again (xorshift64*).
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return state &* 2_685_821_657_736_338_717
        }
    }

    private static let inputs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Inputs")
    private static let runsOfEach = 250

    private func limits() -> LayerLimits {
        var limits = LayerLimits.standard
        limits.archiveBytes = 4 << 20
        limits.headerBytes = 1 << 20
        return limits
    }

    static func seeds() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: inputs.path).sorted()
    }

    /// Changes bytes, blocks and lengths; header checksums are often repaired, or most damage would be seen at once.
    private func mutate(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[place] = .random(in: .min ... .max, using: &generator)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...600, using: &generator)))
            case 3:
                let end = min(bytes.count, place + TarBytes.blockBytes)
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            case 4:
                let words = ["../", "/", ".wh.", ".wh..wh..opq", "\0", "77777777777", "\u{ff}", "-1 "]
                let word = Array((words.randomElement(using: &generator) ?? "/").utf8)
                bytes.replaceSubrange(place..<min(bytes.count, place + word.count), with: word)
            default: bytes[place - place % TarBytes.blockBytes] = .random(in: 32..<127, using: &generator)
            }
        }
        if Bool.random(using: &generator) { repairChecksums(&bytes) }
        return bytes
    }

    private func repairChecksums(_ bytes: inout [UInt8]) {
        for start in stride(from: 0, to: bytes.count - TarBytes.blockBytes + 1, by: TarBytes.blockBytes)
        where Array(bytes[(start + 257)..<(start + 262)]) == Array("ustar".utf8) {
            bytes.replaceSubrange((start + 148)..<(start + 156), with: Array("        ".utf8))
            let sum = bytes[start..<(start + TarBytes.blockBytes)].reduce(0) { $0 + Int($1) }
            let digits = String(sum, radix: 8)
            let text = String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits + "\0 "
            bytes.replaceSubrange((start + 148)..<(start + 156), with: Array(text.utf8))
        }
    }

    @Test(arguments: try Self.seeds())
    func `never touch anything outside`(_ name: String) throws {
        let bytes = Array(try Data(contentsOf: Self.inputs.appending(path: name)))
        let scratch = try Scratch()
        try scratch.makeDirectory("canary/inner")
        try scratch.write("canary/file", "safe")
        let before = try scratch.listing("")
        var generator = Generator(state: UInt64(bytes.count) &* 0x9e37_79b9_7f4a_7c15 | 1)
        let parent = try Directory(scratch.path)
        for run in 0..<Self.runsOfEach {
            let mutated = run == 0 ? bytes : mutate(bytes, &generator)
            do {
                try scratch.extract(mutated, into: "out", limits: limits())
                try parent.removeTree(Array("out".utf8))
            } catch is LayerError {}
            guard run % 50 == 0 || run == Self.runsOfEach - 1 else { continue }
            #expect(try scratch.listing("") == before, "\(name), run \(run)")
        }
    }

    @Test(arguments: try Self.seeds())
    func `compressed never crash the inflater`(_ name: String) throws {
        let bytes = Array(try Data(contentsOf: Self.inputs.appending(path: name)))
        let scratch = try Scratch()
        var packed: [UInt8] = []
        let gzip = unsafe GzipMembers(cores: 1) { unsafe packed.append(contentsOf: $0) }
        try unsafe bytes.withUnsafeBytes { try unsafe gzip.append($0) }
        _ = try gzip.finish()
        var generator = Generator(state: UInt64(packed.count) | 1)
        let parent = try Directory(scratch.path)
        for _ in 0..<Self.runsOfEach {
            do {
                try scratch.extract(mutate(packed, &generator), into: "out", limits: limits())
                try parent.removeTree(Array("out".utf8))
            } catch is LayerError {}
        }
    }
}
