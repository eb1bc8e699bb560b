// Damaged Dockerfiles and random patterns: no crash, errors with a place, and matchers that agree with a plain one.
import Testing

@testable import Dockerfiles

/// SplitMix64: the same numbers on every machine.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// What every outcome has to fulfil.
func check(_ bytes: [UInt8], name: String) {
    let lines = bytes.count { $0 == 0x0A } + 1
    do throws(DockerfileError) {
        let file = try Dockerfile.parse(bytes, name: name)
        for stage in file.stages {
            #expect((1...lines).contains(stage.location.line))
            for located in stage.instructions {
                #expect((1...lines).contains(located.location.line) && located.location.endLine <= lines)
                #expect(!located.original.isEmpty)
                expandBothWays(located, file.directives.escape)
            }
        }
    } catch {
        #expect((1...lines).contains(error.location.line) && error.location.column >= 1, "\(error)")
        #expect(error.location.file == name && !error.message.isEmpty)
    }
}

private func expandBothWays(_ located: LocatedInstruction, _ escape: EscapeToken) {
    let environment = ["A": "1", "PATH": "/bin:/usr/bin", "x": ""]
    let first = try? located.expanded(with: Expander(escape: escape, unset: .keep), environment)
    _ = try? first?.instruction.expanded(with: Expander(escape: escape), environment)
    _ = try? Expander(escape: escape).expand(located.original, environment)
}

@Suite struct `Damaged Dockerfiles` {
    private static let pieces: [String] = [
        "FROM ", "RUN ", "COPY ", "ADD ", "ENV ", "ARG ", "ONBUILD ", "HEALTHCHECK ", "CMD ", "VOLUME ", "EXPOSE ",
        "<<EOF", "<<-'E'",
        "EOF\n", "\\\n", "`\n", "\r\n", "\n", "# escape=`\n", "# syntax=x\n", "--from=", "--mount=type=cache,target=",
        "--", "=", "[\"",
        "\"]", "\"", "'", "\\", "$A", "${A:-", "${A#*", "${A//", "}", "*", "?", "\u{FEFF}", "\u{A0}", "é", "\t", "\0",
        " AS x", "{\"a\":1e5}",
    ]

    static let corpus: [[UInt8]] = [
        "# syntax=docker/dockerfile:1\nARG V=1\nFROM --platform=$BUILDPLATFORM golang:${V:-1.22} AS build\nWORKDIR /src\n"
            + "RUN --mount=type=cache,target=/root/.cache,uid=1 --network=none go build \\\n  # why\n  -o /out ./...\n"
            + "FROM scratch\nCOPY --from=build --chown=1:1 /out /app\nENTRYPOINT [\"/app\", \"-x\"]\n",
        "FROM a\nENV a=b \"c d\"='e f' g\\ h=i\nLABEL x y z\nEXPOSE 80/tcp 443\nVOLUME [\"/a\"]\nHEALTHCHECK --interval=5s CMD [\"x\"]\n",
        "FROM a\nRUN <<EOF\necho $A\nEOF\nCOPY <<-\"A\" <<B /d\n\tx\nA\ny\nB\nONBUILD RUN <<E cat\nz\nE\nSHELL [\"sh\",\"-c\"]\n",
        "# escape=`\nFROM w\nRUN dir C:\\ `\n  /s\nADD --checksum=sha256:0 https://x/${A%.*} C:\\d\\\nSTOPSIGNAL 9\nUSER u\n",
    ].map { Array($0.utf8) }

    @Test(arguments: 0..<8) func `never crash the parser`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        for _ in 0..<500 {
            guard var bytes = Self.corpus.randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 1...6, using: &random) { damage(&bytes, &random) }
            check(bytes, name: "seed\(seed)")
        }
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let at = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, at + Int.random(in: 0...20, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.removeSubrange(at..<end)
        case 1: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
        case 2: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &random) }
        case 3: bytes.removeSubrange(at...)
        default: bytes.insert(contentsOf: (Self.pieces.randomElement(using: &random) ?? "").utf8, at: at)
        }
    }
}

@Suite struct `Saved inputs` {
    /// Each file once broke something, or looks as if it could.
    @Test func `give an answer`() throws {
        let inputs = try savedInputs()
        #expect(inputs.count >= 8)
        for input in inputs { check(input.bytes, name: input.name) }
    }
}

@Suite struct `Random patterns` {
    private func text(_ alphabet: String, _ length: Int, _ random: inout SeededGenerator) -> String {
        String((0..<length).compactMap { _ in alphabet.randomElement(using: &random) })
    }

    /// Backtracking, and right: only for short inputs.
    private func plainMatch(_ pattern: Substring, _ path: Substring) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == "*" {
            if plainMatch(pattern.dropFirst(), path) { return true }
            return path.first.map { $0 != "/" && plainMatch(pattern, path.dropFirst()) } ?? false
        }
        guard let character = path.first, first == "?" ? character != "/" : character == first else { return false }
        return plainMatch(pattern.dropFirst(), path.dropFirst())
    }

    @Test func `match like a plain matcher`() throws {
        var random = SeededGenerator(state: 1)
        let padding = String(repeating: "p", count: 70)
        for _ in 0..<3_000 {
            let pattern = text("aab*?/", Int.random(in: 0...8, using: &random), &random)
            let path = text("aab/", Int.random(in: 0...10, using: &random), &random)
            let expected = plainMatch(pattern[...], path[...])
            #expect(try GoGlob(pattern).matches(path) == expected, "\(pattern) \(path)")
            // More nodes than a word has bits: the other way to run the automaton.
            #expect(try GoGlob(padding + pattern).matches(padding + path) == expected, "\(pattern) \(path)")
        }
    }

    @Test func `ignore what lies in an ignored directory`() throws {
        var random = SeededGenerator(state: 2)
        for _ in 0..<3_000 {
            let pattern = text("ab*?/[]\\!", Int.random(in: 1...8, using: &random), &random)
            guard let patterns = try? IgnorePatterns([pattern]), !patterns.hasExceptions else { continue }
            let path = "a" + text("ab/", Int.random(in: 1...8, using: &random), &random)
            if patterns.matches(path) { #expect(patterns.matches(path + "/x"), "\(pattern) \(path)") }
            _ = patterns.shouldGoThrough(directory: path)
            _ = patterns.matchesOnlyEqualDepth(path)
        }
    }
}
