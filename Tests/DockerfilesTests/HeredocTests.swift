// Here-documents: names, contents, where they may stand.
import Testing

@testable import Dockerfiles

@Suite struct `Here-documents` {
    @Test(arguments: [
        ("<<EOF", "EOF", true), ("<<-EOF", "EOF", true), ("<< EOF", "EOF", true), ("<<- EOF", "EOF", true),
        ("<<'EOF'", "EOF", false), ("<<\"EOF\"", "EOF", false), ("<<E'O'F", "EOF", false), ("<<'a b'", "a b", false),
        ("<<e\\'f", "e'f", true), ("<<'e'\\'f", "e'f", false), ("<<$EOF", "$EOF", true), ("3<<EOF", "EOF", true),
        ("<<file.txt", "file.txt", true),
    ])
    func `have a name that quotes protect from expansion`(marker: String, name: String, expands: Bool) throws {
        let heredoc = try #require(Heredoc(marker: marker))
        #expect(heredoc.name == name)
        #expect(heredoc.expands == expands)
        #expect(heredoc.chomps == marker.contains("<<-"))
    }

    @Test(arguments: ["", "EOF", "<<", "<<-", "<EOF", "<<<EOF", "<<EOF sh", "<<'EOF", "<<EOF\"", "x<<EOF"])
    func `are not seen in`(marker: String) {
        #expect(Heredoc(marker: marker) == nil)
    }

    @Test func `keep their lines as written`() throws {
        let run = try located("RUN <<-A cat - <<'B'\n\tone\\\n  # two\n\tA\nthree\n\n\tB\nB\n")
        #expect(run.heredocs.map(\.content) == ["\tone\\\n  # two\n", "three\n\n\tB\n"])
        #expect(run.heredocs[0].chompedContent == "one\\\n  # two\n")
        #expect(run.heredocs[1].chompedContent == "three\n\n\tB\n")
        #expect(run.original == "RUN <<-A cat - <<'B'")
        #expect(run.location.endLine == 9)
    }

    @Test func `keep the file's line endings`() throws {
        #expect(try located("RUN <<E\r\na\r\nE\r\n").heredocs.map(\.content) == ["a\r\n"])
    }

    @Test func `end where the file ends`() throws {
        #expect(try located("RUN <<E\na\nE").heredocs.map(\.content) == ["a\n"])
    }

    @Test(arguments: [
        "USER <<E", "RUN [\"<<E\"]", "RUN \"<<E\"", "RUN echo '<<E'", "RUN x <<<E", "RUN it's <<E", "WORKDIR <<E",
    ])
    func `are not read for`(text: String) throws {
        #expect(try located(text).heredocs.isEmpty)
    }

    @Test func `become files of COPY and ADD`() throws {
        guard case .copy(let copy) = try instruction("COPY <<X b <<-\"Y\" /d/\n$x\nX\n\t$y\nY") else {
            Issue.record("no COPY")
            return
        }
        #expect(copy.sources.paths == ["b"])
        #expect(
            copy.sources.files == [
                InlineFile(name: "X", content: "$x\n", expands: true),
                InlineFile(name: "Y", content: "$y\n", expands: false),
            ])
        #expect(copy.sources.destination == "/d/")
    }

    @Test func `go with the instruction inside ONBUILD`() throws {
        guard case .onbuild(let onbuild) = try instruction("ONBUILD RUN <<E\na\nE") else {
            Issue.record("no ONBUILD")
            return
        }
        #expect(onbuild.expression == "RUN <<E\na\nE")
        #expect(try onbuild.trigger().heredocs.map(\.content) == ["a\n"])
    }

    @Test(arguments: ["A=${B:=x}", "${A:0:2}", "${A:=${B:-y}}", "${A-x}", "${A?no}", "${A/x/y}"])
    func `are found behind what only a shell can replace`(_ text: String) throws {
        guard case .run(let run) = try instruction("RUN echo \(text) && cat <<E\na\nE") else {
            Issue.record("no RUN")
            return
        }
        #expect(run.heredocs.map(\.content) == ["a\n"])
    }

    @Test(arguments: [
        (
            "FROM a\nRUN <<E\nx\n",
            "D:2:1: unterminated heredoc \"E\" (end it with a line that holds nothing but the name)"
        ),
        (
            "FROM a\nRUN <<E\n E",
            "D:2:1: unterminated heredoc \"E\" (end it with a line that holds nothing but the name)"
        ),
        ("FROM a\nCOPY x <<E\nE", "D:2:8: COPY cannot accept a heredoc as a destination"),
    ])
    func `are checked`(text: String, message: String) {
        #expect(failure(text) == message)
    }

    @Test(arguments: [
        ("RUN <<E\na\nE", "a\n"),
        ("RUN <<-E\n\ta\n\tE", "a\n"),
        ("RUN <<E cat\na\nE", "<<E cat\na\nE"),
        ("RUN cat <<A <<B\n1\nA\n2\nB", "cat <<A <<B\n1\nA\n2\nB"),
        ("RUN x", "x"),
    ])
    func `make the script of RUN`(text: String, script: String) throws {
        guard case .run(let run) = try instruction(text) else {
            Issue.record("no RUN")
            return
        }
        #expect(run.script == script)
        #expect(run.executableHeredoc == nil)
    }

    @Test func `that name an interpreter are executed`() throws {
        guard case .run(let run) = try instruction("RUN <<-E\n\t#!/usr/bin/python3\n\tpass\nE") else {
            Issue.record("no RUN")
            return
        }
        #expect(run.executableHeredoc?.chompedContent == "#!/usr/bin/python3\npass\n")
    }
}
