// What is selected of a context is enough for the real copier, and not much more.
import Glibc
import Testing

@testable import Building
@testable import Sandbox

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct `A selected part of a context` {
    /// Whole contexts and parts of them that were compared, so that a test can tell that it looked at something.
    private struct Tally {
        var parts = 0
        var fails = 0
    }

    /// Compares what each use makes of the whole context and of what is selected.
    private func compare(_ context: SmallContext, _ patterns: [[String]], _ tally: inout Tally) throws {
        let scratch = try Scratch()
        let whole = scratch.path + "/whole"
        try context.write(into: whole)
        for (index, patterns) in patterns.enumerated() {
            let part = try context.selected(patterns)
            if part.entries.count == context.entries.count { continue }
            let folder = scratch.path + "/part\(index)"
            try part.write(into: folder)
            tally.parts += 1
            for use in Use.allCases {
                let expected = try use.outcome(patterns, of: whole, in: scratch.path)
                let found = try use.outcome(patterns, of: folder, in: scratch.path)
                if expected == ["fails"] { tally.fails += 1 }
                guard found != expected else { continue }
                Issue.record("\(use) of \(patterns) in [\(context)] with [\(part)]: \(found) is not \(expected)")
            }
        }
    }

    /// All contexts with `a` and `b`, each a file, a link, or a folder with one thing in it.
    @Test func `is enough in all small contexts`() throws {
        let targets = ["a", "b", "../b", "/a", "/b/a", "b/a", "a/..", ".", "/", "b/../c"]
        let patterns = [
            "a", "a/a", "a/*", "b*", "?/a", "a*/a*", "b/c*", "a/a/*", "b/?/a", "a/./a", "a/./*", "b/./a/**", "?/./a",
        ].map { [$0] }
        func choices(_ name: String) -> [[(String, String?)]] {
            [[], [(name, nil)], [(name + "/a", nil)]] + targets.map { [(name, $0)] }
                + targets.map { [(name + "/a", $0)] }
        }
        var tally = Tally()
        for a in choices("a") {
            for b in choices("b") { try compare(SmallContext(a + b + [("c", nil)]), patterns, &tally) }
        }
        #expect(tally.parts > 2_000 && tally.fails > 500 && tally.fails < 2 * tally.parts, "\(tally)")
    }

    @Test func `is enough in contexts made by chance`() throws {
        var numbers = SeededNumbers(seed: 20)
        var tally = Tally()
        for _ in 0..<300 {
            let context = chance(&numbers)
            let patterns = (0..<8).map { _ in
                (0...Int.random(in: 0...1, using: &numbers)).map { _ in pattern(&numbers) }
            }
            try compare(context, patterns, &tally)
        }
        #expect(tally.parts > 500 && tally.fails > 100 && tally.fails < 2 * tally.parts, "\(tally)")
    }

    private func chance(_ numbers: inout SeededNumbers) -> SmallContext {
        var entries: [String: String?] = [:]
        for _ in 0..<Int.random(in: 2...14, using: &numbers) {
            let depth = Int.random(in: 1...4, using: &numbers)
            let path = (0..<depth).map { _ in name(&numbers) }.joined(separator: "/")
            let isTaken = entries.keys.contains {
                $0 == path || $0.hasPrefix(path + "/") || path.hasPrefix($0 + "/")
            }
            if isTaken { continue }
            let isLink = Int.random(in: 0..<2, using: &numbers) == 0
            entries[path] = .some(isLink ? target(&numbers) : nil)
        }
        return SmallContext(entries.map { ($0.key, $0.value) })
    }

    private func name(_ numbers: inout SeededNumbers) -> String { one(of: ["a", "b", "ab", "c"], &numbers) }

    private func one(of choices: [String], _ numbers: inout SeededNumbers) -> String {
        choices[Int.random(in: choices.indices, using: &numbers)]
    }

    private func target(_ numbers: inout SeededNumbers) -> String {
        let parts = (0..<Int.random(in: 1...4, using: &numbers)).map { _ in
            one(of: ["a", "b", "ab", "c", "..", "..", "."], &numbers)
        }
        return (Int.random(in: 0..<3, using: &numbers) == 0 ? "/" : "") + parts.joined(separator: "/")
    }

    /// Never "*" in front: that is the whole context.
    private func pattern(_ numbers: inout SeededNumbers) -> String {
        var parts = [one(of: ["a", "b", "ab", "c", "a*", "?"], &numbers)]
        for _ in 0..<Int.random(in: 0...3, using: &numbers) {
            parts.append(one(of: ["a", "b", "ab", "c", "a*", "*b", "?", "*", "**"], &numbers))
        }
        if parts.count > 1, Int.random(in: 0..<4, using: &numbers) == 0 {
            parts.insert(".", at: Int.random(in: 1..<parts.count, using: &numbers))
        }
        return parts.joined(separator: "/")
    }

    private func selected(_ pattern: String, _ entries: [(String, String?)]) throws -> [String] {
        try SmallContext(entries + [("other", nil), ("lib/other", nil)]).selected([pattern]).entries.map(\.path)
    }

    @Test func `holds what a source's links lead to and nothing beside it`() throws {
        let chain = [("link", "lib/next"), ("lib/next", "/far/file"), ("far/file", nil)] as [(String, String?)]
        #expect(try selected("link", chain) == ["far/file", "lib/next", "link"])
        let folder = [("in", "lib/sub"), ("lib/sub/x", nil), ("lib/sub/l", "../../other")] as [(String, String?)]
        #expect(try selected("in/x", folder) == ["in", "lib/sub/x"])
        #expect(try selected("in", folder) == ["in", "lib/sub/l", "lib/sub/x"])
    }

    @Test func `leaves links in a folder that is copied alone`() throws {
        let entries = [("src/up", "../lib"), ("src/deep/up", "/lib"), ("src/x", nil)] as [(String, String?)]
        #expect(try selected("src", entries) == ["src/deep/up", "src/up", "src/x"])
        #expect(try selected("src/d*", entries) == ["src/deep/up"])
        #expect(try selected("src/u*", entries) == ["lib/other", "src/up"])
    }

    @Test func `has one file of a folder in which wildcards find nothing`() throws {
        #expect(try selected("src/*.c", [("src/a", nil), ("src/b", nil)]) == ["src/a"])
    }

    @Test func `is everything where links go in a circle or lead to the root`() throws {
        for target in ["link", "/", "lib/.."] {
            #expect(try selected("link", [("link", target)]).count == 3)
        }
    }

    @Test func `is everything beyond the bounds`() throws {
        let chain = (0..<LinkWalk.linksMax).map { ("l\($0)", "l\($0 + 1)") as (String, String?) }
        let end = ("l\(LinkWalk.linksMax)", nil) as (String, String?)
        #expect(try selected("l0", chain + [end]).count == LinkWalk.linksMax + 1)
        #expect(try selected("first", [("first", "l0")] + chain + [end]).count == LinkWalk.linksMax + 4)
        let many = (0..<ContextSelection.foundLinksMax).map { ("many/\($0)", "/one") as (String, String?) }
        #expect(try selected("many/?*", many + [("one", nil)]).count == many.count + 1)
        #expect(try selected("many/?*", many + [("many/last", "x"), ("one", nil)]).count == many.count + 4)
    }
}

/// The same numbers from the same seed (SplitMix64).
private struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
