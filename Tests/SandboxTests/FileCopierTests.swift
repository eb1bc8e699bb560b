// COPY and ADD: where things go, whose they are, and what stays untouched. The rules are the Dockerfile reference's and
// BuildKit's.
import CLinux
import Glibc
import SystemPackage
import Testing

@testable import Sandbox

// Safety: paths and small buffers are passed to system calls for the length of the call only.

/// A context (`src`), a destination (`dst`), and a canary outside both.
struct CopyWorld {
    let world: World

    init() throws {
        world = try World()
        try world.folder("src")
        try world.folder("dst")
        try world.write("outside/canary", "untouched")
    }

    @discardableResult
    func copy(
        _ patterns: [String], to destination: String, origin: CopySource.Origin = .context,
        _ change: (inout CopyRequest) -> Void = { _ in }
    ) throws -> CopySummary {
        let source = CopySource(root: try world.root("src"), origin: origin, patterns: patterns)
        var request = CopyRequest(sources: [source], destination: destination)
        change(&request)
        return try FileCopier.copy(request, into: world.root("dst"))
    }

    func made() throws -> [String] { try world.tree("dst") }

    func owner(_ name: String) throws -> FileOwner? {
        try world.status("dst/" + name).map { FileOwner(uid: $0.uid, gid: $0.gid) }
    }

    func expectCanary(_ location: SourceLocation = #_sourceLocation) throws {
        #expect(try world.tree("outside") == ["canary"], sourceLocation: location)
        #expect(try world.read("outside/canary") == "untouched", sourceLocation: location)
    }
}

/// `--parents` takes all there is.
let everything: CopyRequest.Parents = { _ in { _ in true } }

/// `--parents` with the few patterns that tests here need: parts without `**/`, which stands for any folders.
let globs: CopyRequest.Parents = { pattern in
    let anywhere = pattern.hasPrefix("**/")
    let parts = try pattern.split(separator: "/").filter { $0 != "**" && $0 != "." }.map { try PathPattern($0) }
    return { path in
        let names = path.split(separator: "/").map(String.init)
        let tail = anywhere ? Array(names.suffix(parts.count)) : names
        return tail.count >= parts.count && zip(parts, tail).allSatisfy { $0.matches($1) }
    }
}

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct `Copying files` {
    struct Case: Sendable, CustomTestStringConvertible {
        var sources: [String]
        var destination: String
        var made: [String]
        var testDescription: String { sources.joined(separator: " ") + " " + destination }
    }

    /// The context: a, b.txt, c.txt, dir/{x, y.txt, deep/z}, link -> dir, file-link -> a.
    private func context() throws -> CopyWorld {
        let copy = try CopyWorld()
        for name in ["a", "b.txt", "c.txt", "dir/x", "dir/y.txt", "dir/deep/z"] {
            try copy.world.write("src/" + name, name)
        }
        try copy.world.link("src/link", to: "dir")
        try copy.world.link("src/file-link", to: "/a")
        try copy.world.write("dst/have/file", "old")
        return copy
    }

    @Test(arguments: [
        Case(sources: ["a"], destination: "/a2", made: ["a2"]),
        Case(sources: ["a"], destination: "/new/", made: ["new/", "new/a"]),
        Case(sources: ["/a"], destination: "/p/q/r", made: ["p/", "p/q/", "p/q/r"]),
        Case(sources: ["a"], destination: "/have", made: ["have/a"]),
        Case(sources: ["a"], destination: "/have/file", made: []),
        Case(sources: ["a"], destination: "/.", made: ["a"]),
        Case(sources: ["dir"], destination: "/d", made: ["d/", "d/deep/", "d/deep/z", "d/x", "d/y.txt"]),
        Case(sources: ["dir/"], destination: "/have", made: ["have/deep/", "have/deep/z", "have/x", "have/y.txt"]),
        Case(sources: ["dir", "a"], destination: "/d/", made: ["d/", "d/a", "d/deep/", "d/deep/z", "d/x", "d/y.txt"]),
        Case(sources: ["*.txt"], destination: "/t/", made: ["t/", "t/b.txt", "t/c.txt"]),
        Case(sources: ["d*/*.txt"], destination: "/t/", made: ["t/", "t/y.txt"]),
        Case(sources: ["[b-c].txt"], destination: "/t/", made: ["t/", "t/b.txt", "t/c.txt"]),
        Case(sources: ["nothing*", "a"], destination: "/t/", made: ["t/", "t/a"]),
        Case(sources: ["d*"], destination: "/d", made: ["d/", "d/deep/", "d/deep/z", "d/x", "d/y.txt"]),
        Case(sources: ["link"], destination: "/d", made: ["d/", "d/deep/", "d/deep/z", "d/x", "d/y.txt"]),
        Case(sources: ["link/x"], destination: "/", made: ["x"]),
        Case(sources: ["file-link"], destination: "/f/", made: ["f/", "f/file-link"]),
        Case(sources: ["../../dir/../a"], destination: "/f", made: ["f"]),
    ]) func `goes where the reference says`(_ wanted: Case) throws {
        let copy = try context()
        try copy.copy(wanted.sources, to: wanted.destination)
        #expect(try copy.made() == (["have/", "have/file"] + wanted.made).sorted())
    }

    @Test(arguments: [
        (["missing"], "/x", "\"/missing\" not found"), (["dir/x/y"], "/x", "Not a directory"),
        (["dir"], "/have/file", "not a directory"), (["no*/x", "missing/*"], "/x", "\"/missing\""),
        (["a"], "/have/file/", "Not a directory"), (["[a"], "/x", "not a pattern"), (["a"], "relative", "not absolute"),
        (["a\0b"], "/x", "Invalid argument"),
    ]) func `is refused with a reason`(_ sources: [String], _ destination: String, _ words: String) throws {
        let copy = try context()
        let error = #expect(throws: (any Error).self) { try copy.copy(sources, to: destination) }
        #expect(String(describing: error).contains(words), "\(String(describing: error))")
    }

    @Test func `can be told to insist on a match`() throws {
        let copy = try context()
        #expect(throws: SandboxError.missing("no source files matched \"no*\"")) {
            try copy.copy(["no*"], to: "/x/") { $0.allowsEmptyWildcard = false }
        }
    }

    @Test func `replaces files and links, never directories`() throws {
        let copy = try context()
        try copy.world.link("dst/have/x", to: "/have/file")
        try copy.copy(["dir/x"], to: "/have/")
        #expect(try copy.world.read("dst/have/x") == "dir/x")
        #expect(try copy.world.read("dst/have/file") == "old")
        try copy.world.folder("dst/over/x")
        #expect(throws: SandboxError.self) { try copy.copy(["dir"], to: "/over") }
        try copy.world.write("dst/over2/deep")
        #expect(throws: SandboxError.self) { try copy.copy(["dir"], to: "/over2") }
    }

    @Test func `follows a link that is the destination, inside the root`() throws {
        let copy = try context()
        try copy.world.link("dst/to-file", to: "/have/file")
        try copy.world.link("dst/to-folder", to: "have")
        try copy.world.link("dst/dangling", to: "/made/by/link")
        try copy.copy(["a"], to: "/to-file")
        #expect(try copy.world.read("dst/have/file") == "a")
        try copy.copy(["b.txt"], to: "/to-folder/")
        try copy.copy(["c.txt"], to: "/dangling")
        #expect(try copy.world.read("dst/have/b.txt") == "b.txt")
        #expect(try copy.world.read("dst/made/by/link") == "c.txt")
    }

    @Test func `of a context belongs to root and keeps modes`() throws {
        let copy = try context()
        #expect(unsafe chown(copy.world.path + "/src/dir/x", 5, 6) == 0)
        #expect(unsafe chmod(copy.world.path + "/src/dir/x", 0o4711) == 0)
        #expect(unsafe chmod(copy.world.path + "/src/dir/deep", 0o700) == 0)
        #expect(unsafe chmod(copy.world.path + "/src/dir", 0o700) == 0)
        try copy.copy(["dir"], to: "/d")
        #expect(try copy.owner("d/x") == .root)
        #expect(try copy.world.status("dst/d/x")?.mode == 0o4711)
        #expect(try copy.world.status("dst/d/deep")?.mode == 0o700)
        // The destination itself is no copy of the source.
        #expect(try copy.world.status("dst/d")?.mode == 0o755)
    }

    @Test func `of an image keeps owners, hard links and attributes`() throws {
        let copy = try context()
        let path = copy.world.path + "/src/dir"
        #expect(unsafe chown(path + "/x", 5, 6) == 0)
        #expect(unsafe link(path + "/x", path + "/deep/same") == 0)
        let file = try Kernel.open(try FileName(path + "/x"), flags: O_RDONLY)
        #expect(unsafe linux_set_attribute(file.raw, "user.note", "hi", 2) == 0)
        try copy.copy(["dir"], to: "/d", origin: .image)
        #expect(try copy.owner("d/x") == FileOwner(uid: 5, gid: 6))
        let first = try #require(try copy.world.status("dst/d/x"))
        #expect(try copy.world.status("dst/d/deep/same")?.inode == first.inode)
        let made = try Kernel.open(try FileName(copy.world.path + "/dst/d/x"), flags: O_RDONLY)
        #expect(unsafe linux_attribute(made.raw, "user.note", nil, 0) == 2)
        try copy.copy(["dir"], to: "/context")
        let plain = try #require(try copy.world.status("dst/context/x"))
        #expect(plain.links == 1)
    }

    @Test func `takes owner and mode from flags`() throws {
        let copy = try context()
        try copy.world.write("dst/etc/passwd", "app:x:1000:1001::/:\n")
        try copy.world.write("dst/etc/group", "web:x:33:\n")
        try copy.copy(["dir"], to: "/n/d") {
            $0.owner = "app:web"
            $0.mode = "750"
        }
        for name in ["n", "n/d", "n/d/x", "n/d/deep", "n/d/deep/z"] {
            #expect(try copy.owner(name) == FileOwner(uid: 1000, gid: 33), "\(name)")
            #expect(try copy.world.status("dst/" + name)?.mode == 0o750, "\(name)")
        }
        try copy.copy(["dir"], to: "/s") { $0.mode = "u=rwX,go=" }
        #expect(try copy.world.status("dst/s")?.mode == 0o755)
        #expect(try copy.world.status("dst/s/deep")?.mode == 0o700)
        #expect(try copy.world.status("dst/s/x")?.mode == 0o600)
        #expect(throws: SandboxError.self) { try copy.copy(["a"], to: "/q") { $0.mode = "9" } }
        #expect(try copy.world.status("dst/q") == nil)
    }

    @Test func `gives everything made one time`() throws {
        let copy = try context()
        try copy.copy(["dir", "link"], to: "/n/d/") { $0.fixedTime = 1_000_000_000 }
        for name in ["n", "n/d", "n/d/x", "n/d/deep", "n/d/deep/z"] {
            let status = try #require(try copy.world.status("dst/" + name))
            #expect(status.modified == FileTime(seconds: 1_000_000_000, nanoseconds: 0), "\(name)")
        }
        try copy.world.setTime("src/a", 1_234_567_890)
        try copy.copy(["a"], to: "/kept")
        #expect(try copy.world.status("dst/kept")?.modified.seconds == 1_234_567_890)
    }

    @Test(arguments: [
        (["dir/x"], ["dir/", "dir/x"]), (["dir/deep/z", "a"], ["a", "dir/", "dir/deep/", "dir/deep/z"]),
        (["dir/./deep/z"], ["deep/", "deep/z"]), (["**/*.txt"], ["b.txt", "c.txt", "dir/", "dir/y.txt"]),
        (["./dir/deep"], ["dir/", "dir/deep/", "dir/deep/z"]), (["d*/./*.txt"], ["y.txt"]),
        // Before the pivot a wildcard may take what has nothing of the rest, and files, which are plain sources.
        (["[ab]*/./x"], ["a", "b.txt"]), (["*/./nothing"], ["a", "b.txt", "c.txt", "file-link"]),
        (["d*/./x"], ["x"]), (["dir/./*nothing"], []),
    ]) func `with parents keeps the path below the pivot`(_ sources: [String], _ made: [String]) throws {
        let copy = try context()
        try copy.copy(sources, to: "/p/") { $0.parents = globs }
        #expect(try copy.world.tree("dst/p") == made)
    }

    @Test(arguments: ["missing", "dir/./missing", "missing/./x", "a/./x"])
    func `with parents misses what is not there`(_ source: String) throws {
        let copy = try context()
        #expect(throws: (any Error).self) { try copy.copy([source], to: "/p/") { $0.parents = globs } }
    }

    @Test func `makes directories as mkdir does, with the permissions of --chmod`() throws {
        let copy = try context()
        try copy.world.folder("dst/shared")
        #expect(unsafe chown(copy.world.path + "/dst/shared", 5, 50) == 0)
        #expect(unsafe chmod(copy.world.path + "/dst/shared", 0o2775) == 0)
        try copy.copy(["a"], to: "/shared/new/")
        #expect(try copy.owner("shared/new") == FileOwner(uid: 0, gid: 50))
        #expect(try copy.world.status("dst/shared/new")?.mode == 0o2755)
        #expect(try copy.owner("shared/new/a") == .root)
        try copy.copy(["a"], to: "/sticky/") { $0.mode = "1770" }
        #expect(try copy.world.status("dst/sticky")?.mode == 0o770)
        #expect(try copy.world.status("dst/sticky/a")?.mode == 0o1770)
    }

    @Test func `leaves out what is excluded`() throws {
        let copy = try context()
        let text = CopyRequest.Exclusion(hasExceptions: false) { $0.hasSuffix(".txt") || $0 == "deep" }
        try copy.copy(["dir", "*.txt", "a"], to: "/d/") { $0.exclusion = text }
        // A file that is a source itself is not excluded by its name.
        #expect(try copy.world.tree("dst/d") == ["a", "b.txt", "c.txt", "x"])
        let all = CopyRequest.Exclusion(hasExceptions: true) { $0 != "deep/z" }
        try copy.copy(["dir"], to: "/e/") { $0.exclusion = all }
        #expect(try copy.world.tree("dst/e") == ["deep/", "deep/z"])
        let everything = CopyRequest.Exclusion(hasExceptions: false) { _ in true }
        try copy.copy(["dir"], to: "/f/") { $0.exclusion = everything }
        #expect(try copy.world.tree("dst/f") == [])
    }

    @Test func `writes here-documents`() throws {
        let copy = try context()
        let summary = try copy.copy([], to: "/bin/run") {
            $0.inlineFiles = [CopyRequest.InlineFile(name: "EOF", content: Array("#!/bin/sh\n".utf8))]
            $0.mode = "755"
            $0.owner = "9"
        }
        #expect(summary == CopySummary(files: 1, directories: 1, bytes: 10))
        #expect(try copy.world.read("dst/bin/run") == "#!/bin/sh\n")
        #expect(try copy.world.status("dst/bin/run")?.mode == 0o755)
        #expect(try copy.owner("bin/run") == FileOwner(uid: 9, gid: 9))
        try copy.copy([], to: "/two/") {
            $0.inlineFiles = ["one", "two"].map { CopyRequest.InlineFile(name: $0, content: []) }
        }
        #expect(try copy.world.tree("dst/two") == ["one", "two"])
        #expect(throws: SandboxError.self) {
            try copy.copy([], to: "/x/") { $0.inlineFiles = [CopyRequest.InlineFile(name: "..", content: [])] }
        }
    }

    @Test func `hands archives over, and copies what is none`() throws {
        let copy = try context()
        let unpacking = CopyRequest.Unpacking(
            isArchive: { try Kernel.readAll(Handle.duplicate(of: $0), limit: 100) == Array("a".utf8) },
            unpack: { archive, root, path, owner in
                #expect(owner == FileOwner(uid: 3, gid: 3))
                let directory = try RootDirectory(root).open(try FileName(path), flags: O_RDONLY | O_DIRECTORY)
                try Kernel.writeFile("unpacked", at: directory, [], mode: 0o600)
            })
        try copy.copy(["a", "b.txt"], to: "/u/v/") {
            $0.unpacking = unpacking
            $0.owner = "3"
        }
        #expect(try copy.world.tree("dst/u") == ["v/", "v/b.txt", "v/unpacked"])
        try copy.copy(["b.txt"], to: "/w/b") {
            $0.unpacking = unpacking
            $0.owner = "3"
        }
        #expect(try copy.world.read("dst/w/b") == "b.txt")
        // A file is no place for what an archive holds.
        let error = #expect(throws: SandboxError.self) {
            try copy.copy(["a"], to: "/have/file") { $0.unpacking = unpacking }
        }
        #expect(error == .request("cannot unpack a onto /have/file, which is not a directory"))
        #expect(try copy.world.read("dst/have/file") == "old")
    }

    @Test func `takes plain paths as they are`() throws {
        let copy = try context()
        for name in ["a[1].txt", "*", "q?\\"] {
            try copy.world.write("src/" + name, name)
            var source = CopySource(root: try copy.world.root("src"), origin: .context, patterns: [name])
            source.hasWildcards = false
            try FileCopier.copy(CopyRequest(sources: [source], destination: "/plain/"), into: copy.world.root("dst"))
            #expect(try copy.world.read("dst/plain/" + name) == name)
        }
        #expect(try copy.world.tree("dst/plain").count == 3)
    }

    @Test(arguments: [
        ("1234", FileOwner(uid: 1234, gid: 1234)), ("1000", FileOwner(uid: 1000, gid: 1000)),
        ("app", FileOwner(uid: 1000, gid: 1001)), ("nosuch", .root), ("7:app", FileOwner(uid: 7, gid: 1001)),
        ("", .root),
    ]) func `makes a working directory by the rules of --chown`(_ user: String, _ owner: FileOwner) throws {
        let copy = try context()
        try copy.world.write("dst/etc/passwd", "app:x:1000:1001::/:\n")
        try copy.world.write("dst/etc/group", "app:x:1001:\n")
        try copy.world.root("dst").makeDirectory("/w/x", user: user)
        #expect(try copy.owner("w") == owner)
        #expect(try copy.owner("w/x") == owner)
    }

    @Test func `counts, and stops at a checkpoint`() throws {
        let copy = try context()
        let summary = try copy.copy(["dir", "a"], to: "/n/")
        #expect(summary == CopySummary(files: 4, directories: 2, bytes: 5 + 9 + 10 + 1))
        var calls = 0
        let request = CopyRequest(
            sources: [CopySource(root: try copy.world.root("src"), origin: .context, patterns: ["dir"])],
            destination: "/m")
        #expect(throws: CancellationError.self) {
            try FileCopier.copy(request, into: copy.world.root("dst")) {
                calls += 1
                if calls == 3 { throw CancellationError() }
            }
        }
    }

    @Test func `keeps big files, holes and odd names whole`() throws {
        let copy = try context()
        let big = unsafe [UInt8](unsafeUninitializedCapacity: 5_000_001) { buffer, count in
            for index in 0..<5_000_001 { unsafe buffer[index] = UInt8(truncatingIfNeeded: index &* 31 >> 3) }
            count = 5_000_001
        }
        try Kernel.writeFile(try FileName(copy.world.path + "/src/dir/big"), big, mode: 0o600)
        let odd = FileName(content: Array("\(copy.world.path)/src/dir/".utf8CString.dropLast()) + [-1, 10, 32])
        try Kernel.writeFile(odd, [1], mode: 0o600)
        try copy.copy(["dir"], to: "/d")
        let made = try Kernel.open(try FileName(copy.world.path + "/dst/d/big"), flags: O_RDONLY)
        let isSame = try Kernel.readAll(made, limit: 6_000_000) == big
        #expect(isSame)
        let names = try Kernel.names(in: Kernel.openDirectory(try FileName(copy.world.path + "/dst/d")))
        #expect(names.contains(FileName(content: [-1, 10, 32])))
    }

    @Test func `makes fifos and devices as they are`() throws {
        let copy = try context()
        #expect(unsafe mkfifo(copy.world.path + "/src/dir/pipe", 0o640) == 0)
        #expect(unsafe linux_mknodat(AT_FDCWD, copy.world.path + "/src/dir/null", S_IFCHR | 0o666, 1, 3) == 0)
        try copy.copy(["dir"], to: "/d", origin: .image)
        let pipe = try #require(try copy.world.status("dst/d/pipe"))
        let null = try #require(try copy.world.status("dst/d/null"))
        #expect((pipe.kind, pipe.mode) == (.fifo, 0o640))
        #expect(null.kind == .characterDevice && linux_major(null.special) == 1 && linux_minor(null.special) == 3)
    }

    @Test func `does not follow a tree without end`() throws {
        let copy = try context()
        try copy.world.folder("src/t/" + [String](repeating: "d", count: 230).joined(separator: "/"))
        #expect(throws: SandboxError.self) { try copy.copy(["t"], to: "/t") }
    }
}
