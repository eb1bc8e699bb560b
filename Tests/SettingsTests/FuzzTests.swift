// Broken config texts: each ends in values or in an error with a place, never otherwise.
import Settings
import Testing

@Suite struct `A broken config` {
    /// What makes YAML hard, and what this reader looks for.
    private static let pieces = [
        ": ", "- ", "? ", "[", "]", "{", "}", "&a ", "*a", "!!str ", "|\n", ">-\n", "'", "\"", "#", "\t", "\n", "\r\n",
        "---\n", "...\n", "%YAML 1.1\n", "\u{FEFF}", "\0", "\\", "~", "null", "<<: *a", ",", "  ", "é", "\u{2028}", "@",
        "`",
    ]

    /// 20 seeds of 200 texts.
    @Test(arguments: 0..<UInt64(20))
    func `ends in values or an error`(seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        let texts = ExampleConfig.all.map(\.text)
        for _ in 0..<200 {
            let text = Self.changed(texts[Int.random(in: texts.indices, using: &numbers)], &numbers)
            for message in [
                Mistake.message { _ = try NodeSettings.read(text, from: Mistake.source) },
                Mistake.message { _ = try ClientSettings.read(text, from: Mistake.source) },
            ] {
                #expect(message == "it was read" || message.hasPrefix("node.yaml:"), "\(message)")
                #expect(message.utf8.allSatisfy { $0 >= 0x20 }, "\(message)")
            }
        }
    }

    private static func changed(_ text: String, _ numbers: inout SeededNumbers) -> String {
        var bytes = Array(text.utf8)
        for _ in 0...Int.random(in: 0..<6, using: &numbers) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &numbers)
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &numbers)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + 20))
            case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
            default:
                let piece = pieces[Int.random(in: pieces.indices, using: &numbers)]
                bytes.insert(contentsOf: Array(piece.utf8), at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The same numbers from the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
