// Physical lines: continuation, comments, line endings, the places that instructions remember.
import Testing

@testable import Dockerfiles

@Suite struct `Lines of a Dockerfile` {
    @Test(arguments: [
        ("RUN a \\\n  b", "RUN a   b"),
        ("RUN a \\   \t\n  b", "RUN a   b"),
        ("RUN a \\\n# comment\n  # another\n b", "RUN a  b"),
        ("RUN a \\\n\n   \n b", "RUN a  b"),
        ("RUN a \\\\\nRUN b", "RUN a \\\\"),
        ("RUN a \\", "RUN a"),
        ("RUN a b \\\n", "RUN a b"),
        ("   RUN a   ", "RUN a"),
        ("\\\nRUN a", "RUN a"),
        ("RU\\\nN a", "RUN a"),
        ("run a", "run a"),
        ("RUN a # no comment", "RUN a # no comment"),
        ("RUN a \\\r\n  b\r\n", "RUN a   b"),
        ("RUN\ta", "RUN\ta"),
    ])
    func `are joined as BuildKit joins them`(text: String, original: String) throws {
        #expect(try located(text).original == original)
    }

    @Test func `remember where their instruction began and ended`() throws {
        let file = try parse("\n# c\nFROM a\n\n  RUN x \\\n  # c\n  y\nRUN <<E\nz\nE\nUSER u")
        let places = file.stages[0].instructions.map { "\($0.location)-\($0.location.endLine)" }
        #expect(places == ["D:5:3-7", "D:8:1-10", "D:11:1-11"])
        #expect(file.stages[0].location == SourceLocation(file: "D", line: 3, column: 1, endLine: 3))
    }

    @Test func `may begin with a byte order mark`() throws {
        #expect(try parse("\u{FEFF}FROM a").stages[0].base == "a")
        #expect(try parse("\u{FEFF}# escape=`\nFROM a").directives.escape == .backtick)
    }

    @Test func `are comments when # stands first, and only then`() throws {
        #expect(try parse("# one\n\n  # two\nFROM a\n#end").stages.count == 1)
        #expect(
            failure("FROM a # b") == "D:1:1: FROM requires either one or three arguments (write FROM image AS name)")
    }

    @Test func `that are empty inside an instruction are warned of`() throws {
        let warnings = try parse("FROM a\nRUN b \\\n\n\n c").warnings
        #expect(warnings.map(\.description) == ["D:3:1: empty continuation line"])
    }
}

@Suite struct `Parser directives` {
    @Test func `stand at the top`() throws {
        let directives = try parse("# syntax = docker/dockerfile:1 \n#ESCAPE=`\n# check=skip=all;error=true\nFROM a")
            .directives
        #expect(directives.syntax == "docker/dockerfile:1")
        #expect(directives.escape == .backtick)
        #expect(directives.check == "skip=all;error=true")
    }

    @Test(arguments: [
        "\n# escape=`\nFROM a", "# c\n# escape=`\nFROM a", "# x=y\n# escape=`\nFROM a", "FROM a\n# escape=`",
    ])
    func `are comments further down`(text: String) throws {
        #expect(try parse(text).directives == Directives())
    }

    @Test func `change what continues a line`() throws {
        let file = try parse("# escape=`\nFROM a\nRUN b `\n c\nCOPY x C:\\\nRUN d")
        #expect(file.stages[0].instructions.map(\.original) == ["RUN b  c", "COPY x C:\\", "RUN d"])
    }

    @Test(arguments: [
        ("# syntax=a\n# Syntax=b\nFROM a", "D:2:1: only one syntax parser directive can be used"),
        ("# escape=x\nFROM a", "D:1:10: invalid escape token \"x\": it must be ` or \\"),
    ])
    func `are checked`(text: String, message: String) {
        #expect(failure(text) == message)
    }
}
