// `weft digest`: its flags, its lines, and paths that are not text.
import ArgumentParser
import FileTrees
import Testing

@testable import weft

@Suite struct `weft digest` {
    private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test func `takes paths and flags`() throws {
        let command = try DigestCommand.parse(["--files", "--no-index", "--threads", "3", "a", "b"])
        #expect(command.paths == ["a", "b"])
        #expect(command.files && command.noIndex && !command.json)
        #expect(command.threads == 3)
    }

    @Test(arguments: [
        [], ["--threads", "0", "a"], ["--threads", "257", "a"], ["--threads", "x", "a"], ["--unknown", "a"],
    ])
    func `refuses what makes no sense`(arguments: [String]) {
        #expect(throws: (any Error).self) { try DigestCommand.parse(arguments) }
    }

    @Test(arguments: [
        ("plain name", "\(empty)  plain name\n"), ("line\nbreak", "\\\(empty)  line\\nbreak\n"),
        ("re\rturn", "\\\(empty)  re\\rturn\n"), ("back\\slash", "\\\(empty)  back\\\\slash\n"),
    ])
    func `escapes names as sha256sum does`(name: String, line: String) {
        #expect(String(decoding: DigestReport.line(ContentDigest(of: []), Array(name.utf8)), as: UTF8.self) == line)
    }

    @Test func `knows the bytes of names that are not UTF-8`() {
        let raw: [PathBytes] = [
            Array("weft".utf8), Array("digest".utf8), [0x61, 0xFF], Array("b".utf8), [0x61, 0xFE],
        ]
        let text = raw.map { String(decoding: $0, as: UTF8.self) }
        #expect(text[2] == text[4])
        #expect(RawArguments.bytes(of: [text[2], "b", text[4]], in: raw) == [raw[2], raw[3], raw[4]])
        #expect(RawArguments.bytes(of: ["b"], in: raw) == [raw[3]])
        #expect(RawArguments.bytes(of: ["really \u{FFFD}"], in: raw) == [Array("really \u{FFFD}".utf8)])
    }

    @Test func `takes very many paths past the parser`() throws {
        let many = (0..<5_000).map { "f\($0)" }
        let operands = DigestOperands(["digest", "--files", "a"] + many + ["--threads", "2", "--", "-x"])
        #expect(operands.arguments == ["digest", "--files", "--threads", "2", "--", "a"])
        let command = try #require(
            operands.completed(try Weft.parseAsRoot(operands.arguments)) as? DigestCommand)
        #expect(command.paths == ["a"] + many + ["-x"])
        #expect(command.files && command.threads == 2)
        let few = DigestOperands(["digest", "a", "--files"])
        #expect(few.arguments == ["digest", "a", "--files"] && few.paths == nil)
        #expect(DigestOperands(["build"] + many).arguments == ["build"] + many)
    }

    @Test func `keeps its index where caches of the user are`() {
        #expect(DigestCommand.cacheFolder(["HOME": "/home/u"]) == "/home/u/.cache/weft")
        #expect(DigestCommand.cacheFolder(["HOME": "/home/u", "XDG_CACHE_HOME": "/c"]) == "/c/weft")
        #expect(DigestCommand.cacheFolder(["HOME": "/home/u", "XDG_CACHE_HOME": "c"]) == "/home/u/.cache/weft")
        #expect(DigestCommand.cacheFolder([:]) == nil)
    }
}
