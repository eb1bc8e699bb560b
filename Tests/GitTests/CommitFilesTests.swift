// Trees and files of commits: many, odd, hostile, and those of submodules. Checksums from Python's hashlib.
import FileTrees
import Foundation
import SystemPackage
import Testing

@testable import Git

@Suite struct `Files of a commit` {
    @Test func `the tree of a commit is git's`() throws {
        let fixture = try GitFixture(committing: ["a/x": "1", "a.b": "2", "a/b/c": "3", "z": ""])
        try fixture.write("run", "x", mode: 0o755)
        try fixture.link("link", to: "a/x")
        try fixture.commit()
        let repository = try fixture.repository()
        let files = try repository.files(of: repository.head)
        #expect(files.tree.root.id == files.commit.tree)
        #expect(
            try files.tree.files().map { GoPath.text($0.path) } == ["a.b", "a/b/c", "a/x", "link", "run", "z"])
        let node = try #require(try files.tree.node(at: Array("a/b/c".utf8)))
        #expect(try files.bytes(of: node) == Array("3".utf8))
    }

    @Test func `thousands of blobs come in order`() throws {
        let fixture = try GitFixture()
        for index in 0..<1_500 { try fixture.write("d\(index % 7)/f\(index)", "content \(index)") }
        try fixture.commit()
        let repository = try fixture.repository()
        let files = try repository.files(of: repository.head)
        let target = fixture.url.appendingPathComponent("out")
        try Materialiser.write(
            files.tree.files(), from: files, into: FilePath(target.path), seconds: 1)
        for index in [0, 255, 256, 640, 1_499] {
            let text = try String(contentsOf: target.appendingPathComponent("d\(index % 7)/f\(index)"), encoding: .utf8)
            #expect(text == "content \(index)")
        }
    }

    @Test func `names of any bytes are written as they are`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        let id = try fixture.blob("content")
        let names: [[UInt8]] = [
            Array("new\nline".utf8), [UInt8](repeating: UInt8(ascii: "n"), count: 255), [0xff, 0xfe, 0x20],
            Array("-".utf8),
            Array("back\\slash".utf8),
        ]
        let repository = try fixture.repository()
        let files = try repository.files(
            of: fixture.commitTree(names.map { ("100644", $0, id) }))
        let target = fixture.path.appending("out")
        try Materialiser.write(files.tree.files(), from: files, into: target, seconds: 1)
        let folder = try DiskFolder(target)
        #expect(try Set(folder.names()) == Set(names))
        for name in names { #expect(try folder.bytes(of: name, limitBytes: 100) == Array("content".utf8)) }
    }

    @Test func `a context has fixed modes and times, and links are not followed`() throws {
        let fixture = try GitFixture(committing: ["ctx/a/file": "x", "other": "y"])
        try fixture.write("ctx/run", "x", mode: 0o700)
        try fixture.link("ctx/out", to: "/etc/hostname")
        try fixture.commit()
        let repository = try fixture.repository()
        let files = try repository.files(of: repository.head)
        let context = Array("ctx".utf8)
        let target = fixture.url.appendingPathComponent("target")
        try Materialiser.write(
            files.tree.files(scope: context), below: context, from: files, into: FilePath(target.path),
            seconds: 1_000_000_000)
        func attributes(_ path: String) throws -> [FileAttributeKey: Any] {
            try FileManager.default.attributesOfItem(atPath: target.appendingPathComponent(path).path)
        }
        for (path, mode) in [("", 0o755), ("a", 0o755), ("a/file", 0o644), ("run", 0o755)] {
            #expect(try attributes(path)[.posixPermissions] as? Int == mode)
            #expect(try (attributes(path)[.modificationDate] as? Date)?.timeIntervalSince1970 == 1_000_000_000)
        }
        let link = target.appendingPathComponent("out").path
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/etc/hostname")
        #expect(!FileManager.default.fileExists(atPath: target.appendingPathComponent("other").path))
    }

    @Test func `a link and a folder of the same name cannot lead outside`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        let outside = fixture.url.appendingPathComponent("outside")
        try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: true)
        let target = try #require(ObjectID(try fixture.blob(outside.path)))
        let text = try #require(ObjectID(try fixture.blob("text")))
        let repository = try fixture.repository()
        let files = try repository.files(of: repository.head)
        let hostile = [
            TreeFile(path: Array("evil".utf8), kind: .link, id: target, source: 0),
            TreeFile(path: Array("evil/file".utf8), kind: .file, id: text, source: 0),
        ]
        #expect(throws: FileTreeError.self) {
            try Materialiser.write(hostile, from: files, into: fixture.path.appending("out"), seconds: 0)
        }
        for path in ["../up", "a/../../up", "/absolute", "", "a//b"] {
            let file = TreeFile(path: Array(path.utf8), kind: .file, id: text, source: 0)
            #expect(throws: FileTreeError.self) {
                try Materialiser.write([file], from: files, into: fixture.path.appending("out2"), seconds: 0)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
    }

    @Test func `added files are not written through links of the commit`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        let outside = fixture.url.appendingPathComponent("outside")
        try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: true)
        try fixture.link("dist", to: outside.path)
        try fixture.commit()
        let repository = try fixture.repository()
        let files = try repository.files(of: repository.head)
        try fixture.remove("dist")
        try fixture.write("dist/pwned", "x", mode: 0o755)
        try fixture.link("dist/link", to: "/etc/hostname")
        let added = AddedFiles(project: fixture.path, context: "", paths: ["dist"])
        let target = fixture.url.appendingPathComponent("target")
        let place = FilePath(target.path)
        try Materialiser.write(files.tree.files(), from: files, into: place, seconds: 0)
        #expect(throws: FileTreeError.self) {
            try Materialiser.write(added.files(), of: added, into: place, seconds: 0)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
        try FileManager.default.removeItem(at: target.appendingPathComponent("dist"))
        try Materialiser.write(added.files(), of: added, into: place, seconds: 7)
        let file = try FileManager.default.attributesOfItem(atPath: target.appendingPathComponent("dist/pwned").path)
        #expect(file[.posixPermissions] as? Int == 0o755)
        #expect((file[.modificationDate] as? Date)?.timeIntervalSince1970 == 7)
        let link = target.appendingPathComponent("dist/link").path
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/etc/hostname")
        #expect(throws: FileTreeError.self) {
            try Materialiser.write(added.files(), of: added, into: place, seconds: 0)
        }
    }

    @Test func `a full disk is said with its place and what to do`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        let repository = try fixture.repository()
        let files = try repository.files(of: repository.head)
        let missing = fixture.path.appending("none/target")
        let error = #expect(throws: FileTreeError.self) {
            try Materialiser.write(files.tree.files(), from: files, into: missing, seconds: 0)
        }
        #expect(
            error?.description == "\(missing): making the folder failed: No such file or directory.")
        for text in [
            "\(FileTreeError.system(operation: "writing", path: "/d/f", code: .noSpace))",
            "\(GitError.system(operation: "writing", path: "/d/f", code: .diskQuotaExceeded))",
        ] { #expect(text == "/d/f: writing failed: no space is left on the disk. Free some and build again.") }
    }

    @Test(arguments: ["..", ".", ".git", ".GIT", "a/b"])
    func `a name that no tree may have is refused`(name: String) throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        let blob = try #require(ObjectID(try fixture.blob("x")))
        let object = Array("100644 \(name)\0".utf8) + (0..<20).map { blob[byte: $0] }
        let tree = try fixture.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", input: object)
        let commit = try #require(ObjectID(try fixture.git("commit-tree", tree, "-m", "x")))
        let repository = try fixture.repository()
        #expect(throws: FileTreeError.badName(name, folder: tree)) { try repository.files(of: commit) }
    }

    @Test func `a tree that unfolds to more than the bound is refused at once`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        var id = try fixture.blob("x")
        var mode = "100644"
        for _ in 0..<12 {
            let entries = (0..<10).map { "\(mode) \(mode == "040000" ? "tree" : "blob") \(id)\tn\($0)\0" }.joined()
            id = try fixture.git("mktree", "-z", input: Array(entries.utf8))
            mode = "040000"
        }
        let commit = try #require(ObjectID(try fixture.git("commit-tree", id, "-m", "x")))
        let repository = try fixture.repository()
        #expect(throws: FileTreeError.tooManyFiles(limit: FileTree.filesMax)) { try repository.files(of: commit) }
    }

    @Test func `submodules count by their own trees, and must be checked out to be entered`() throws {
        let fixture = try GitFixture(committing: ["top.txt": "top\n"])
        let inner = try GitFixture(committing: ["s.txt": "sub\n"], inside: fixture.url, named: "inner")
        try fixture.write(".gitignore", "inner\n")
        try fixture.git("submodule", "--quiet", "add", inner.path.string, "m")
        try fixture.commit()
        let repository = try fixture.repository()
        let files = try repository.files(of: repository.head)
        let texts = try IncludeGlobs(["**/*.txt"])
        #expect(
            try TreeChecksum.lsTree(files.tree, matcher: texts)
                == "83534f80a0405b116386f3ccc93e36134cfc1cb46e7127ff68d54e9fb730c1ea")
        #expect(
            try TreeChecksum.lsTree(files.tree, scope: Array("m".utf8), matcher: texts)
                == "81614337ae00fd70a2529811e580913a5b22123890b39b1acd03f48d533b865e")
        #expect(
            try TreeChecksum.lsTree(files.tree, matcher: IncludeGlobs(["m"]))
                == "992c91f68d520d9899ab9d2925a1a6fea32f11d856dcbc127310019a0c6129db")
        let listed = try files.tree.files(matcher: texts)
        #expect(listed.map { GoPath.text($0.path) } == ["m/s.txt", "top.txt"])
        try Materialiser.write(listed, from: files, into: fixture.path.appending("inner/out"), seconds: 0)
        let written = fixture.url.appendingPathComponent("inner/out/m/s.txt")
        #expect(try String(contentsOf: written, encoding: .utf8) == "sub\n")

        try fixture.git("submodule", "--quiet", "deinit", "-f", "m")
        let without = try repository.files(of: repository.head)
        #expect(throws: FileTreeError.submoduleMissing(path: "m")) {
            try TreeChecksum.lsTree(without.tree, matcher: texts)
        }
        #expect(
            try TreeChecksum.lsTree(without.tree, matcher: IncludeGlobs(["m"]))
                == "992c91f68d520d9899ab9d2925a1a6fea32f11d856dcbc127310019a0c6129db")
    }
}
