// Path matchers: the decisions that werf's own tests record for each kind.
import FileTrees
import Testing

@Suite struct `Path matchers` {
    @Test(arguments: [
        ([], "", true, false), ([""], "", true, false), (["dir"], "", false, true), (["dir"], "dir", true, false),
        (["dir"], "dir/any", true, false), (["dir1"], "dir2", false, false), (["dir/file"], "dir", false, true),
        (["a"], "a/b/c/d", true, false), (["a/*/*/**/*"], "a/d/c/d", true, false), (["/dir"], "dir/any", true, false),
        (["dir/**"], "dir", true, false), (["**/*.go"], "pkg/deep", false, true), (["./dir/../a"], "a", true, false),
    ])
    func `include globs`(globs: [String], path: String, isMatched: Bool, goesThrough: Bool) throws {
        let matcher = try IncludeGlobs(globs)
        #expect(matcher.isMatched(path) == isMatched)
        #expect(matcher.shouldGoThrough(path) == goesThrough)
    }

    @Test(arguments: [
        ([], "", true, false), ([""], "", false, false), (["dir"], "", true, true), (["dir1"], "dir2", true, false),
        (["dir/file"], "dir", true, true), (["dir"], "dir", false, false), (["dir"], "dir/any", false, false),
        (["a"], "a/b/c/d", false, false), (["a/*/*/**/*"], "a/d/c/d", false, false),
    ])
    func `exclude globs`(globs: [String], path: String, isMatched: Bool, goesThrough: Bool) throws {
        let matcher = try ExcludeGlobs(globs)
        #expect(matcher.isMatched(path) == isMatched)
        #expect(matcher.shouldGoThrough(path) == goesThrough)
    }

    @Test(arguments: [
        ("", "", true, false), ("", "path", true, false), ("dir", "path", false, false), ("path", "", false, true),
        ("path", "path", true, false), ("path", "path/sub-path", true, false), ("a/b", "a", false, true),
        ("a", "ab", false, false),
    ])
    func `a base path`(base: String, path: String, isMatched: Bool, goesThrough: Bool) {
        let matcher = BasePath(base)
        #expect(matcher.isMatched(path) == isMatched)
        #expect(matcher.shouldGoThrough(path) == goesThrough)
    }

    @Test(arguments: [
        ("", false, true), ("file", false, false), ("dir", false, true), ("dir/sub-dir", true, false),
        ("dir/sub-dir/file", true, false),
    ])
    func `several at once`(path: String, isMatched: Bool, goesThrough: Bool) {
        let matcher = AllOf([BasePath("dir"), BasePath("dir/sub-dir")])
        #expect(matcher.isMatched(path) == isMatched)
        #expect(matcher.shouldGoThrough(path) == goesThrough)
    }

    @Test func `a glob that breaks apart at a slash is an error`() {
        #expect(throws: FileTreeError.self) { try IncludeGlobs(["{a/b,c}"]) }
    }

    @Test func `every short path of dots, slashes and letters is cleaned to a path that stays as it is`() {
        var paths: [[UInt8]] = [[]]
        for _ in 0..<7 {
            for path in paths {
                let cleaned = GoPath.clean(path)
                #expect(GoPath.clean(cleaned) == cleaned)
                let elements = cleaned.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                let isRoot = cleaned == [UInt8(ascii: "/")]
                #expect(isRoot || cleaned.last != UInt8(ascii: "/"))
                #expect(cleaned == [UInt8(ascii: ".")] || !elements.contains { $0.elementsEqual([UInt8(ascii: ".")]) })
                #expect(isRoot || !elements.dropFirst().contains { $0.isEmpty })
            }
            paths = paths.flatMap { path in "./a".utf8.map { path + [$0] } }
        }
    }

    @Test func `paths are cleaned as Go cleans them`() {
        for (path, cleaned) in [
            ("a//b/./c/..", "a/b"), ("", "."), ("/..", "/"), ("../a/../..", "../.."), ("a/..", "."),
        ] {
            #expect(GoPath.text(GoPath.clean(path.utf8)) == cleaned)
        }
    }
}
