// YAML that would expand, nest or grow without end; and seeded damage to a real file.
import Projects
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct `Hostile YAML` {
    static func laughs(_ levels: Int, use: String) -> String {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...levels { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        return text + use
    }

    @Test func `does not expand`() {
        #expect(problem(Self.laughs(60, use: "")).contains("expands to more than 200000 values"))
        let wide = "a: &a [\(String(repeating: "x,", count: 1000))]\nb: [\(String(repeating: "*a,", count: 300))]"
        #expect(problem(wide).contains("expands to more than 200000 values"))
        #expect(problem(Self.laughs(60, use: "? *a60\n: 1\n")).contains("can expand to more than 100,000 copies"))
        #expect(problem(Self.laughs(60, use: "k: {*a60}\n")).contains("can expand to more than 100,000 copies"))
        #expect(problem(Self.laughs(60, use: "k: [[*a60]: 1]\n")).contains("can expand to more than 100,000 copies"))
        #expect(problem(Self.laughs(60, use: "*a60 : 1\n")).contains("can expand to more than 100,000 copies"))
        let shadowed = "x: &a [1]\n" + String(repeating: "y: &a [*a, *a]\n", count: 60)
        #expect(problem(shadowed + "? *a\n: 1\n").contains("can expand to more than 100,000 copies"))
    }

    @Test func `does not hold itself`() {
        #expect(problem("a: &a [*a]").contains("found undefined alias"))
    }

    @Test func `does not nest without end`() {
        for depth in [70, 990, 100_000] {
            let flow = String(repeating: "[", count: depth)
            #expect(!problem("a: " + flow + String(repeating: "]", count: depth)).hasPrefix("no error"))
            #expect(!problem("a: " + flow).hasPrefix("no error"))
            let block = String(repeating: "- ", count: depth)
            #expect(!problem(block).hasPrefix("no error"))
        }
        #expect(
            problem("a: " + String(repeating: "[", count: 70) + String(repeating: "]", count: 70)).contains(
                "nested deeper than 64"))
    }

    @Test func `does not grow without end`() {
        let long = meta + "image: a\ndockerfile: " + String(repeating: "x", count: 5 << 20)
        #expect(problem(long).contains("longer than 4194304 bytes"))
        let names = (0...10_000).map { "n\($0)" }.joined(separator: ",")
        #expect(problem(meta + "image: [\(names)]\ndockerfile: D").contains("10000 images at most"))
    }

    @Test func `may use many anchors and aliases for values`() throws {
        var section = "image: a\ndockerfile: D\naddHost:\n- &h0 a:1.1.1.1\n"
        for index in 1...30 { section += "- &h\(index) b:1.1.1.\(index)\n- *h\(index - 1)\n- *h0\n" }
        #expect(try readImage(section)?.addHost.count == 91)
    }

    @Test func `with long chains of images is checked without recursion`() throws {
        var text = meta
        for index in 0..<2000 {
            text += "image: n\(index)\ndockerfile: D\ndependencies: [{image: n\(index + 1)}]\n---\n"
        }
        let project = try read(text + "image: n2000\ndockerfile: D\n")
        #expect(project.sets(of: project.images.map(\.name)).count == 2001)
        #expect(try project.select(["n0"]).needed.count == 2001)
        let circle = text + "image: n2000\ndockerfile: D\ndependencies: [{image: n1999}]\n"
        #expect(problem(circle).contains("infinite loop detected: n1999 -> n2000 -> n1999"))
    }
}

/// SplitMix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct `Damaged configuration` {
    static let mutationsPerSeed = 150

    static let pieces = [
        "---\n", "<<: *x", "&x ", "*x", "? ", ": ", "- ", "[", "]", "{", "}", "!!binary ", "!!str ", "|\n", ">-\n",
        "\"", "'", "#",
        "\t", "\r\n", "~", "image: a\n", "dockerfile: D\n", "dependencies:\n- image: a\n", "{{ ", " }}", "%YAML 1.1\n",
        "\u{FEFF}", "...\n",
    ]

    @Test(arguments: 1...10 as ClosedRange<UInt64>) func `is read or refused`(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for _ in 0..<Self.mutationsPerSeed {
            check(Self.mutate(realisticConfig, &random))
        }
    }

    @Test func `as saved is read or refused`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Inputs")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".yaml") }
        #expect(names.count >= 8)
        for name in names.sorted() {
            check(String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self))
        }
    }

    private func check(_ text: String) {
        do throws(ConfigError) {
            _ = try read(text, realisticFiles, environment: ["RELEASE": "r1"])
        } catch {
            #expect(!error.problem.isEmpty && !error.file.isEmpty && (error.line ?? 1) >= 1)
        }
    }

    static func mutate(_ text: String, _ random: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            let end = min(at + Int.random(in: 0...20, using: &random), bytes.count)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(at..<end)
            case 1: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
            case 2: bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: at)
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
            default: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &random) }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
