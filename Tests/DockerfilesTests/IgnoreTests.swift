// Ignore files: reading, matching as builders do, and werf's walk.
import Testing

@testable import Dockerfiles

func ignore(_ lines: String...) throws -> IgnorePatterns {
    try IgnorePatterns.parse(Array(lines.joined(separator: "\n").utf8), name: ".dockerignore")
}

@Suite struct `Ignore files` {
    @Test func `are cleaned line by line`() throws {
        let patterns = try ignore(
            "\u{FEFF}a", "# c", " # no comment ", "", "  ", "/b/", "./c//d/../e", "! /f ", "/", ".", "g\r", "\\#h")
        #expect(patterns.texts == ["a", "# no comment", "b", "c/e", "!f", "/", ".", "g", "\\#h"])
        #expect(patterns.hasExceptions)
    }

    @Test(arguments: [
        ("a\n!", "I:2:1: malformed pattern \"!\": nothing follows the '!'"),
        ("  [", "I:1:3: malformed pattern \"[\": a bracket is not closed"),
        (
            "a[]b",
            "I:1:1: malformed pattern \"a[]b\": a bracket needs a character, or the end of a range, before it closes"
        ),
        ("a\\", "I:1:1: malformed pattern \"a\\\\\": the backslash at the end escapes nothing"),
        ("[z-a]", "I:1:1: malformed pattern \"[z-a]\": the range z-a is turned around"),
        ("[-a]", "I:1:1: malformed pattern \"[-a]\": a '-' in brackets needs a character on both sides"),
    ])
    func `are refused with a place`(text: String, message: String) {
        let error = #expect(throws: DockerfileError.self) { try IgnorePatterns.parse(Array(text.utf8), name: "I") }
        #expect(error?.description == message)
    }
}

@Suite struct `Ignore patterns` {
    @Test(arguments: [
        ("**", "file", true), ("**/", "dir/file/", true), ("**", "/", true), ("**/**", "dir/file", true),
        ("dir/**", "dir/file", true), ("dir/**", "dir", false), ("dir/**", "dir/dir2/file/", true),
        ("dir/**", "dirt/x", false),
        ("**/dir", "dir", true), ("**/dir", "dir/file", true), ("**/dir2/*", "dir/dir2/file", true),
        ("**/dir2/**", "dir/dir2/dir3/file", true), ("**file", "dir/dir/file", true), ("**file", "xfile", true),
        ("**/file", "xfile", false), ("**/file*.txt*", "dir/dir/file.txt", true),
        ("**/**/*.txt2", "dir/dir/file.txt", false),
        ("**/**/*.txt", "file.txt", true), ("a**/*.txt", "a/file.txt", true), ("a**/*.txt", "a/b/c/file.txt", true),
        ("a**", "abc/d", true), ("a/*.txt", "a/dir/file.txt", false), ("a/*.txt", "a/file.txt", true),
        ("a/*.txt**", "a/file.txt", true),
        ("a[b-d]e", "ae", false), ("a[b-d]e", "ace", true), ("a[b-d]e", "aae", false), ("a[^b-d]e", "aze", true),
        (".*", ".foo", true), (".*", "foo", false), ("abc.def", "abcZdef", false), ("abc?def", "abcZdef", true),
        ("abc?def", "abcdef", false), ("a?b", "a/b", false), ("a*b", "a/b", false), ("a?b", "a☺b", true),
        ("a\\*b", "a*b", true),
        ("a\\*b", "axb", false), ("a\\\\", "a\\", true), ("**/.foo", "bar.foo", false), ("a(b)c/d", "a(b)c/d", true),
        ("a.|)$(}+{bc", "a.|)$(}+{bc", true), ("a+b*", "a+bc", true), ("[a-ζ]*", "α", true), ("*", "a/b/c", true),
        ("a", "ab", false),
        ("a", "a/b", true), ("a/b", "a", false), ("*/b", "x/b/c", true), ("*/*/b", "x/b", false), ("a]b", "a]b", true),
        ("a***b", "axxb", true), ("***", "x", true), ("x/**/y", "x/y", true), ("x/**/y", "x/a/b/y/z", true),
        ("x/**/y", "xy", false),
        ("/a", "a", true), (".", "a", false), ("*", ".", false),
    ])
    func `match as moby's matcher does`(pattern: String, path: String, isMatched: Bool) throws {
        #expect(try ignore(pattern).matches(path) == isMatched, "\(pattern) \(path)")
    }

    @Test(arguments: [
        (["docs", "!docs/README.md"], "docs/README.md", false), (["docs", "!docs/README.md"], "docs/x", true),
        (["!a", "a"], "a", true), (["**", "!util/web"], "util/web/foo", false),
        (["**", "!util/web", "util/web/foo"], "util/web/foo", true),
        (["*.md", "!README*.md", "README-s.md"], "README-s.md", true),
        (["*.md", "!README*.md"], "README-s.md", false), ([], "a", false),
    ])
    func `are decided by the last one`(patterns: [String], path: String, isMatched: Bool) throws {
        #expect(try IgnorePatterns(patterns).matches(path) == isMatched)
    }

    @Test(arguments: [
        (["**/*.md", "!docs"], "docs/a.md", true), (["**/*.md", "!docs"], "docs/b.txt", false),
        (["nm", "!nm/foo", "nm"], "nm/foo", false), (["nm", "!nm/foo", "nm"], "nm/foo/a", false),
        (["nm", "!nm/foo", "nm"], "nm/b", true), (["**/*.log", "!keep/"], "keep/a.log", true),
        (["docs*", "!docs"], "docs/a", false), (["a", "!a/b", "a/b/c"], "a/b/c/d", true),
    ])
    func `are asked on the way down, only where they would change the answer`(
        patterns: [String], path: String, isMatched: Bool
    ) throws {
        #expect(try ignore(patterns.joined(separator: "\n")).matches(path) == isMatched)
    }

    @Test(arguments: [
        (["/sub"], "sub", false), (["sub"], "sub/f", true), (["./sub"], "sub/f", true), (["g/"], "g", true),
        (["**/*.md", "!docs"], "docs/a.md", true), (["*", "! x"], "x", true), (["*", "!x"], "x", false),
        (["**.go"], "s/t/y.go", true), (["s**.go"], "s/t/y.go", false), (["s**/y.go"], "s/t/y.go", true),
    ])
    func `of flags are not those of a file`(patterns: [String], path: String, isMatched: Bool) throws {
        #expect(try IgnorePatterns(flags: patterns).matches(path) == isMatched)
    }

    @Test(arguments: [
        (["nm"], "nm", false), (["nm", "!nm/foo", "nm"], "nm", true), (["nm", "!other"], "nm", false),
        (["*", "!**/x"], "a/b", true), (["a", "!a/b"], "a/c", false),
    ])
    func `may want something of a folder that is left out`(patterns: [String], folder: String, answer: Bool) throws {
        #expect(try IgnorePatterns(patterns).mayKeepSomething(below: folder) == answer)
    }

    @Test(arguments: [
        ("**/node_modules", "node_modules/x", false, true), ("**/node_modules", "a/node_modules", true, true),
        ("**/node_modules", "a/node_modules/x", true, true), ("**/node_modules", "a/b/node_modules/x", false, true),
        ("a", "a/b/c", true, true), ("a/b", "a/b/c", true, true), ("*/b", "a/b/c/d", true, true),
    ])
    func `have an older rule for parents`(pattern: String, path: String, older: Bool, newer: Bool) throws {
        let patterns = try ignore(pattern)
        #expect(patterns.matchesOnlyEqualDepth(path) == older)
        #expect(patterns.matches(path) == newer)
    }

    @Test(arguments: [
        ([], "", false), (["a"], "", true), (["a"], ".", true), (["a"], "a", false), (["a"], "b", false),
        (["a"], "a/b", false),
        (["a/b"], "a", true), (["a/b"], "a/b", false), (["a/b"], "a/b/c", false), (["a/*/c"], "a/x", true),
        (["**/x"], "a/b", true),
        (["**"], "a", true), (["a", "!a/b"], "a", true), (["a", "!a/b"], "a/b", false), (["a/b", "a"], "a", false),
        (["*", "!a/b"], "a", true), (["*", "!a/b"], "c", false), (["{a,b}/c"], "b", true), (["[!a]/c"], "b", true),
        (["{a/c"], "b", false), (["{a/c"], "{a", true), (["x{a*,{b,c}*}y/z"], "xcccy", true),
        (["x{a*,{b,c}*}y/z"], "xdy", false),
    ])
    func `answer werf's question of the way`(patterns: [String], directory: String, answer: Bool) throws {
        #expect(try IgnorePatterns(patterns).shouldGoThrough(directory: directory) == answer)
    }
}

@Suite struct `Go globs` {
    @Test(arguments: [
        ("abc", "abc", true), ("*", "abc", true), ("*c", "abc", true), ("a*", "a", true), ("a*", "ab/c", false),
        ("a*/b", "abc/b", true),
        ("a*/b", "a/c/b", false), ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true), ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", false),
        ("a*b?c*x", "abxbbxdbxebxczzx", true), ("a*b?c*x", "abxbbxdbxebxczzy", false), ("ab[c]", "abc", true),
        ("ab[^e-g]", "abc", true),
        ("ab[^c]", "abc", false), ("a\\*b", "ab", false), ("a\\*b", "a*b", true), ("a[^a]b", "a☺b", true),
        ("a???b", "a☺b", false),
        ("*[a-ζ]", "A", false), ("[\\]a]", "]", true), ("[\\-x]", "-", true), ("[x\\-]", "z", false),
        ("*x", "xxx", true), ("**", "a/b", false),
        ("", "", true), ("", "a", false), ("é", "e\u{301}", false),
    ])
    func `match as filepath.Match does`(pattern: String, path: String, isMatched: Bool) throws {
        #expect(try GoGlob(pattern).matches(path) == isMatched)
    }

    @Test(arguments: ["[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a["])
    func `are refused when malformed`(pattern: String) {
        #expect(throws: GlobError.self) { try GoGlob(pattern) }
    }

    @Test func `are told from plain paths`() {
        #expect(
            GoGlob.isPattern("a*") && GoGlob.isPattern("a\\b") && GoGlob.isPattern("[") && !GoGlob.isPattern("a{b}"))
    }
}

@Suite struct `Clean paths` {
    @Test(arguments: [
        ("", "."), (".", "."), ("..", ".."), ("...", "..."), ("a", "a"), ("a/", "a"), ("a//b", "a/b"), ("./a", "a"),
        ("a/.", "a"),
        ("a/../b", "b"), ("a/..", "."), ("../a", "../a"), ("a/../../b", "../b"), ("/", "/"), ("//a", "/a"),
        ("/..", "/"), ("/../a/.", "/a"),
        (".a/b.", ".a/b."), ("a/..b", "a/..b"),
    ])
    func `are the shortest that Go knows`(path: String, cleaned: String) {
        #expect(CleanPath.clean(path) == cleaned)
    }
}
