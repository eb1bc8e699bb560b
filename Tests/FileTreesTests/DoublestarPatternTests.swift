// Doublestar patterns: what their documentation says, and that no pattern takes long.
import FileTrees
import Testing

@Suite struct `Doublestar patterns` {
    @Test(arguments: [
        ("*", "abc", true), ("*", "a/b", false), ("a*c", "abbc", true), ("a?c", "abc", true), ("a?c", "a/c", false),
        ("a?c", "aéc", true), ("**", "a/b/c", true), ("**/c", "c", true), ("**/c", "a/b/c", true), ("a/**", "a", true),
        ("a/**", "a/b/c", true), ("a/**/", "a", true), ("a/**/c", "a/c", true), ("a/**/c", "a/x/y/c", true),
        ("a/**/c", "a/x/y/d", false), ("a**c", "abxc", true), ("a**c", "a/c", false), ("a/**.txt", "a/b/c.txt", false),
        ("a/**.txt", "a/c.txt", true), ("**/*.go", "pkg/a/b.go", true), ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false),
        ("[!a]x", "bx", true), ("[\\]]", "]", true), ("\\*", "*", true), ("\\*", "a", false),
        ("{a,b/c}/d", "b/c/d", true),
        ("{a,b{c,d}}e", "bde", true), ("{a,b}", "c", false), ("a{,b}", "a", true), ("usr/bin/\\[", "usr/bin/[", true),
        ("images/*/{Dockerfile,werf.inc.yaml}", "images/img/Dockerfile", true), ("", "", true), ("a", "", false),
    ])
    func `match as documented`(pattern: String, path: String, isMatch: Bool) throws {
        #expect(try DoublestarPattern(pattern).matches(path) == isMatch)
    }

    @Test(arguments: ["[", "[]", "[a", "a\\", "{a", "a}", "[^]"])
    func `malformed patterns are errors that show the pattern`(pattern: String) {
        let error = #expect(throws: FileTreeError.self) { try DoublestarPattern(pattern) }
        #expect(error?.description.contains("\"\(pattern)\"") == true)
    }

    @Test func `names that are not UTF-8 have one character a byte`() throws {
        #expect(try DoublestarPattern("a??b").matches([0x61, 0xff, 0xfe, 0x62]))
        #expect(try DoublestarPattern("*").matches([0xff, 0x0a, 0xc3]))
    }

    @Test func `stars that almost match do not multiply`() throws {
        let stars = String(repeating: "*a", count: 500) + "b"
        #expect(try !DoublestarPattern(stars).matches(String(repeating: "a", count: 4_000)))
        let folders = String(repeating: "**/a/", count: 200) + "b"
        #expect(try !DoublestarPattern(folders).matches(String(repeating: "a/", count: 1_000) + "a"))
    }

    @Test func `alternatives that multiply are refused`() {
        #expect(throws: FileTreeError.self) { try DoublestarPattern(String(repeating: "{a,b}", count: 20)) }
        #expect(throws: FileTreeError.self) { try DoublestarPattern(String(repeating: "a", count: 5_000)) }
    }
}
