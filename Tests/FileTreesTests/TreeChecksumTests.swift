// The ls-tree checksum: what is taken whole, what is taken by file, in which order. Values from Python's hashlib.
import FileTrees
import SystemPackage
import Testing

@Suite struct `Tree checksums` {
    let sample: SampleTree
    let tree: FileTree

    init() throws {
        sample = try SampleTree()
        tree = try DiskTree(sample.folder).tree
    }

    private func lsTree(_ globs: [String], scope: String = "") throws -> String {
        try TreeChecksum.lsTree(tree, scope: PathBytes(scope.utf8), matcher: BasePath(scope, IncludeGlobs(globs)))
    }

    @Test func `a tree on disk has git's ids`() throws {
        #expect(tree.root.id.hex == "b69f89e17dbcf585cb7159a4d99aef17fbb0e83c")
        #expect(try tree.node(at: Array("b".utf8))?.id.hex == "d3bf1a7baa2f3282487e7642d70efa77fc3b3020")
        #expect(try tree.node(at: Array("a/x.txt".utf8))?.id.hex == "587be6b4c3f93f93c489c0111bba5596147a26cb")
        #expect(try tree.node(at: Array("a/x.txt/y".utf8)) == nil)
        #expect(try tree.node(at: Array("a.c".utf8)) == nil)
        #expect(tree.fileCount == 7)
    }

    @Test func `the whole tree counts as its tree id`() throws {
        let whole = "2ec74fe5ed393373540ae80a9ab9ec8500172e818d7a3bf6b7dc968aed9ab29f"
        #expect(try TreeChecksum.lsTree(tree) == whole)
        #expect(try lsTree(["."]) == whole)
    }

    @Test func `a matched folder counts as its tree id, a file as its blob id`() throws {
        #expect(try lsTree(["a"]) == "8b69f66aa6071b5d217eba624c54bfc605598d0465f035086cf574af63208073")
        #expect(try lsTree(["b/c/deep.txt"]) == "cc153736c6a871422e89770ab22024c9b59d74f6950cc4ef7af4ba8c3bf4660f")
        #expect(try lsTree(["**/*.txt"]) == "5c3464794fec72b26315394277f6d8a152cc90cf15c6c561b276dbe75ca09ac1")
    }

    @Test func `entries are ordered by path, not as git orders folders`() throws {
        #expect(try lsTree(["a", "a.b"]) == "dafc18899a59918dca92e83a75ce569b87aaa5a39fb4a22d6dc1636522d62e14")
    }

    @Test func `an ignore file with an exception makes the walk enter the ignored folder`() throws {
        let ignore = IgnoreFile(
            isIgnored: { $0 == "b" || $0.hasPrefix("b/") && $0 != "b/c/deep.txt" },
            shouldGoThrough: { ["", "b", "b/c"].contains($0) })
        #expect(
            try TreeChecksum.lsTree(tree, matcher: ignore)
                == "ea56b7576f11fe50b15f12d8fd0a27ae3f08369f2ad095c320578b2038efd997")
    }

    @Test func `a scope limits the walk`() throws {
        #expect(
            try TreeChecksum.lsTree(tree, scope: Array("b".utf8))
                == "28a428e45c9b93ee169d2f13f4aaf4e3f32b62f7ea7fe103fae38396519ef730")
        #expect(
            try lsTree(["*.sh"], scope: "b") == "faf6d3ffefb011d492b02b6da0fed80c9c65fce233c2db13203ede2c93215325")
        #expect(try lsTree(["."], scope: "missing") == "")
    }

    @Test func `nothing selected has no checksum, and its files checksum is that of the empty text`() throws {
        #expect(try lsTree(["missing"]) == "")
        #expect(
            try TreeChecksum.files(of: tree, context: [], sources: ["https://example.org/file"])
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test(arguments: ["a", "/a", "./a/", "a/**"])
    func `the files checksum is the hash of the ls-tree checksum`(source: String) throws {
        #expect(
            try TreeChecksum.files(of: tree, context: [], sources: [source])
                == "4a619a47bc05859b031f6d31f8101f49d787514ff5fb77ec87b254877cb70737")
    }

    @Test func `added files that match are part of the files checksum`() throws {
        try sample.write("a/new.txt", "new\n")
        let added = AddedFiles(project: sample.folder, context: "", paths: ["a/new.txt", "a"])
        let one = AddedFiles(project: sample.folder, context: "", paths: ["a/new.txt"])
        #expect(
            try TreeChecksum.files(of: tree, context: [], sources: ["a"], added: one)
                == "ff9f6915d1463edca94b456e09a76789ad9c6e20544e32d852adc3946dac189f")
        #expect(try added.files().map { GoPath.text($0.path) } == ["a/new.txt", "a/x.txt", "a/y.txt"])
        let other = try TreeChecksum.files(of: tree, context: [], sources: ["b"], added: one)
        #expect(try other == TreeChecksum.files(of: tree, context: [], sources: ["b"]))
        let missing = AddedFiles(project: sample.folder, context: "", paths: ["nothing"])
        #expect(throws: FileTreeError.addedFileMissing(path: "nothing")) { try missing.files() }
        #expect(throws: FileTreeError.addedFileMissing(path: "nothing")) { try missing.checkPresence() }
    }

    @Test func `added files are not looked for through links`() throws {
        let other = try SampleTree()
        try sample.link("out", to: other.folder.string)
        try sample.link("a/inner", to: "../b")
        for path in ["out/a", "out/a/x.txt", "a/inner/run.sh"] {
            let added = AddedFiles(project: sample.folder, context: "", paths: [path])
            let full = sample.folder.string + "/" + path
            #expect(throws: FileTreeError.throughLink(path: full)) { try added.files() }
            #expect(throws: FileTreeError.throughLink(path: full)) { try added.checkPresence() }
        }
        for context in ["out", "out/a"] {
            let added = AddedFiles(project: sample.folder, context: context, paths: ["x.txt"])
            #expect(throws: FileTreeError.self) { try added.files() }
        }
        let itself = AddedFiles(project: sample.folder, context: "", paths: ["out"])
        let link = try #require(try itself.files().first)
        #expect(link.kind == .link)
        #expect(try itself.linkTarget(of: link) == Array(other.folder.string.utf8))
    }
}
