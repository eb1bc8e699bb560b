// Trees that are kept between builds: equal to git's, and never believed when damaged.
import FileTrees
import Foundation
import SystemPackage
import Testing

@testable import Git

@Suite struct `Kept trees` {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("weft-trees-\(UUID().uuidString)")
    private var cache: TreeCache { TreeCache(folder: FilePath(folder.path)) }

    private func entries() throws -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
    }

    @Test func `a kept tree is the tree that git gave`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = try GitFixture(committing: [
            "a": "1", "b/c": "2", "b/d/e": "3", "b.txt": "4", "same/c": "2", "na\u{EF}ve \u{1F6A2}": "5", "empty": "",
        ])
        try fixture.write("run", "x", mode: 0o755)
        try fixture.link("link", to: "b/c")
        try fixture.commit()
        let repository = try fixture.repository()
        let read = try repository.files(of: repository.head, cache: cache)
        #expect(try entries() == ["tree-" + read.tree.root.id.hex])
        let kept = try repository.files(of: repository.head, cache: cache)
        #expect(try kept.tree.files() == read.tree.files())
        #expect(kept.tree.fileCount == 9)
        #expect(kept.tree.root == read.tree.root)
        let deep = try #require(try kept.tree.node(at: Array("b/d/e".utf8)))
        #expect(try kept.bytes(of: deep) == Array("3".utf8))
        let known = try #require(cache.tree(read.tree.root.id))
        #expect(try known.files() == read.tree.files())
    }

    @Test func `a tree with a submodule is read anew each time`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = try GitFixture(committing: ["a": "x"])
        let inner = try GitFixture(committing: ["s": "1"], inside: fixture.url, named: "inner")
        try fixture.write(".gitignore", "inner\n")
        try fixture.git("submodule", "--quiet", "add", inner.path.string, "m")
        try fixture.commit()
        let repository = try fixture.repository()
        _ = try repository.files(of: repository.head, cache: cache)
        #expect(try entries() == [])
    }

    @Test func `a damaged tree is read from git`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = try GitFixture(committing: ["a": "1", "b/c": "2"])
        let repository = try fixture.repository()
        let tree = try repository.files(of: repository.head, cache: cache).tree
        let file = folder.appendingPathComponent("tree-" + tree.root.id.hex)
        let whole = try Data(contentsOf: file)
        for place in stride(from: 0, to: whole.count, by: 7) {
            var damaged = whole
            damaged[place] ^= 0x40
            try damaged.write(to: file)
            #expect(cache.tree(tree.root.id) == nil, "byte \(place)")
        }
        for count in stride(from: 0, to: whole.count, by: 11) {
            try whole.prefix(count).write(to: file)
            #expect(cache.tree(tree.root.id) == nil, "\(count) bytes")
        }
        try (whole + [0]).write(to: file)
        #expect(cache.tree(tree.root.id) == nil)
        #expect(try repository.files(of: repository.head, cache: cache).tree.files() == tree.files())
        #expect(cache.tree(tree.root.id) != nil)
    }

    @Test func `another tree's file under a tree's name is not believed`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = try GitFixture(committing: ["a": "1"])
        let repository = try fixture.repository()
        let first = try repository.files(of: repository.head, cache: cache).tree.root.id
        try fixture.write("a", "2")
        try fixture.commit()
        let later = try fixture.repository()
        let second = try later.files(of: later.head, cache: cache).tree.root.id
        let place = { (id: ObjectID) in folder.appendingPathComponent("tree-" + id.hex) }
        try Data(contentsOf: place(first)).write(to: place(second))
        #expect(cache.tree(second) == nil)
    }

    @Test func `the trees used longest ago go`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<40 {
            let file = folder.appendingPathComponent("tree-\(number)")
            try Data("old".utf8).write(to: file)
            let date = Date(timeIntervalSince1970: 1_000 + Double(number))
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file.path)
        }
        try Data("other".utf8).write(to: folder.appendingPathComponent("blob-sha256"))
        let fixture = try GitFixture(committing: ["a": "1"])
        let repository = try fixture.repository()
        let tree = try repository.files(of: repository.head, cache: cache).tree
        let left = try entries()
        #expect(left.count == 33)
        #expect(left.contains("blob-sha256"))
        #expect(left.contains("tree-" + tree.root.id.hex))
        #expect(left.contains("tree-39"))
        #expect(!left.contains("tree-0"))
    }
}
