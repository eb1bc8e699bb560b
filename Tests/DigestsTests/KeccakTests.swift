// Every form of the side-by-side SHA3-224 that this processor runs, against libcrypto and published vectors.
import CKeccak
import COpenSSL
import Foundation
import Testing

// Safety: C is given buffers of the sizes that it is told.

@Suite struct `SHA3-224 side by side` {
    /// By the flag that says in /proc/cpuinfo that the processor has what a form needs; "" is in every line.
    static let flags: [UInt32: String] = [
        keccak_portable.rawValue: "", keccak_neon.rawValue: "asimd", keccak_arm_sha3.rawValue: "sha3",
        keccak_avx2.rawValue: "avx2", keccak_avx512.rawValue: "avx512f",
    ]
    static let forms = flags.keys.filter { keccak_runs(keccak_form($0)) == 1 }.sorted()

    @Test func `is run in each form that the processor has`() throws {
        let lines = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("flags") || $0.hasPrefix("Features") })
        let words = Set(line.split(separator: " ").map(String.init) + [""])
        #expect(Self.forms == Self.flags.filter { words.contains($0.value) }.keys.sorted())
        #expect(keccak_fastest().rawValue == Self.forms.last)
    }

    @Test(arguments: forms)
    func `gives the digests of FIPS 202`(form: UInt32) {
        let vectors: [(message: [UInt8], digest: String)] = [
            ([], "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7"),
            (Array("abc".utf8), "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
            (
                Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
                "8a24108b154ada21c9fd5574494479ba5c7e7ab76ef264ead0fcce33"
            ),
            (
                [UInt8](repeating: 0xA3, count: 200),
                "9376816aba503f72f96ce7eb65ac095deee3be4bf9bbc2a1cb7e11e0"
            ),
            (
                [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
                "d69335b93325192e516a912e6d19a15cb51c6ed5c15243e7a7fd653c"
            ),
        ]
        let digests = Self.digests(form, vectors.map(\.message))
        #expect(digests.map(Self.hex) == vectors.map(\.digest))
    }

    private static let messages = (0...4_096).map { message(of: $0, from: $0 * 17) }
    private static let expected = messages.map(reference)

    @Test(arguments: forms)
    func `equals libcrypto on every length up to 4096, whatever the neighbours`(form: UInt32) {
        let (messages, expected) = (Self.messages, Self.expected)
        #expect(Self.digests(form, messages) == expected)
        var numbers = Numbers(state: 0xC0FFEE)
        let order = messages.indices.shuffled(using: &numbers)
        #expect(Self.digests(form, order.map { messages[$0] }) == order.map { expected[$0] })
    }

    @Test(arguments: forms)
    func `equals libcrypto on batches of every small size`(form: UInt32) {
        var numbers = Numbers(state: 0xBA7C4)
        for count in 0...35 {
            let messages = (0..<count).map { index in
                Self.message(of: Int.random(in: 0...600, using: &numbers), from: 1_000 * index)
            }
            #expect(Self.digests(form, messages) == messages.map(Self.reference), "\(count) messages")
        }
    }

    /// A lane that is busy for long, while the others begin one message after the other.
    @Test(arguments: forms)
    func `equals libcrypto when lengths differ by far`(form: UInt32) {
        var numbers = Numbers(state: 0x10C6)
        let messages = (0..<150).map { index in
            let isLong = index.isMultiple(of: 37)
            return Self.message(of: .random(in: isLong ? 30_000...50_000 : 0...300, using: &numbers), from: index)
        }
        #expect(Self.digests(form, messages) == messages.map(Self.reference))
    }

    private static let pool = {
        var numbers = Numbers(state: 0x5EED)
        return (0..<(1 << 17)).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
    }()

    private static func message(of count: Int, from start: Int) -> [UInt8] { Array(pool[start..<start + count]) }

    /// The digests; what lies behind their buffer must stay as it was.
    private static func digests(_ form: UInt32, _ messages: [[UInt8]]) -> [[UInt8]] {
        let margin = [UInt8](repeating: 0x5A, count: 64)
        var output = [UInt8](repeating: 0, count: messages.count * 28) + margin
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for message in messages {
            bytes += message
            ends.append(bytes.count)
        }
        unsafe keccak_sha3_224(keccak_form(form), bytes, ends, messages.count, &output)
        #expect(output.suffix(margin.count) == margin[...], "it wrote behind the digests")
        return messages.indices.map { Array(output[$0 * 28..<($0 + 1) * 28]) }
    }

    private static func reference(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 28)
        #expect(unsafe EVP_Digest(message, message.count, &digest, nil, EVP_sha3_224(), nil) == 1)
        return digest
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// SplitMix64.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
