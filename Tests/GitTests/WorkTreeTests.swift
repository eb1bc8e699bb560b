// What is uncommitted, and the development mode's commit.
import FileTrees
import Foundation
import SystemPackage
import Testing

@testable import Git

@Suite struct `Work trees` {
    private func changed(_ repository: Repository, _ globs: [String] = []) throws -> [String] {
        try repository.uncommitted(matching: IncludeGlobs(globs)).map { GoPath.text($0) }.sorted()
    }

    @Test func `changed, staged, deleted and untracked files are uncommitted, ignored ones are not`() throws {
        let fixture = try GitFixture(committing: [
            "changed": "1", "staged": "1", "deleted": "1", "same": "1", ".gitignore": "ignored\n", "with space": "1",
        ])
        for name in ["changed", "staged", "with space"] { try fixture.write(name, "2") }
        try fixture.write("new\nline/un tracked", "x")
        try fixture.write("ignored", "x")
        try fixture.remove("deleted")
        try fixture.git("add", "staged")
        let repository = try fixture.repository()
        let all = ["changed", "deleted", "new\nline/un tracked", "staged", "with space"]
        #expect(try changed(repository) == all)
        #expect(try changed(repository, ["sta*"]) == ["staged"])
        #expect(try repository.changes().filter(\.isUntracked).map { GoPath.text($0.path) } == ["new\nline/un tracked"])
    }

    @Test func `a submodule with changes stands for its files`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        let inner = try GitFixture(committing: ["s": "1"], inside: fixture.url, named: "inner")
        try fixture.write(".gitignore", "inner\n")
        try fixture.git("submodule", "--quiet", "add", inner.path.string, "m")
        try fixture.commit()
        let repository = try fixture.repository()
        #expect(try changed(repository).isEmpty)
        try fixture.write("m/s", "2")
        #expect(try changed(repository, ["m/s"]) == ["m"])
        #expect(try changed(repository, ["a"]) == [])
    }

    @Test func `a development commit holds the work tree and changes nothing of the user's`() throws {
        let fixture = try GitFixture(committing: ["a": "1", "gone": "1", ".gitignore": "ignored\n"])
        try fixture.write("a", "2")
        try fixture.write("new", "x")
        try fixture.write("staged", "x")
        try fixture.write("ignored", "x")
        try fixture.remove("gone")
        try fixture.git("add", "staged")
        let status = try fixture.git("status", "--porcelain=v2", "--branch")
        let index = try Data(contentsOf: fixture.url.appendingPathComponent(".git/index"))
        let repository = try fixture.repository()
        let commit = try repository.devCommit()
        #expect(try fixture.git("ls-tree", "--name-only", commit.id.hex) == ".gitignore\na\nnew\nstaged")
        #expect(try fixture.git("show", "\(commit.id.hex):a") == "2")
        #expect(commit.parents == [repository.head])
        #expect(try fixture.git("log", "-1", "--format=%an %ae", commit.id.hex) == "werf werf@werf.io")
        #expect(try fixture.git("rev-parse", "_werf-dev") == commit.id.hex)
        #expect(try fixture.git("status", "--porcelain=v2", "--branch") == status)
        #expect(try Data(contentsOf: fixture.url.appendingPathComponent(".git/index")) == index)
        #expect(try repository.devCommit().id == commit.id)
        try fixture.write("new", "y")
        #expect(try repository.devCommit().parents == [commit.id])
    }

    @Test func `without changes the development commit is HEAD, and a moved HEAD is merged`() throws {
        let fixture = try GitFixture(committing: ["a": "1"])
        let first = try fixture.repository()
        #expect(try first.devCommit().id == first.head)
        try fixture.write("a", "2")
        let changed = try first.devCommit()
        try fixture.commit("second")
        let second = try fixture.repository()
        let merged = try second.devCommit()
        #expect(merged.parents == [changed.id, second.head])
        #expect(merged.tree == changed.tree)
    }

    @Test func `ignored patterns stay as in HEAD`() throws {
        let fixture = try GitFixture(committing: ["keep/a": "1", "b": "1"])
        for path in ["keep/a", "keep/new", "b"] { try fixture.write(path, "2") }
        try fixture.git("add", "keep/a")
        let commit = try fixture.repository().devCommit(ignore: ["keep"])
        #expect(try fixture.git("show", "\(commit.id.hex):keep/a") == "1")
        #expect(try fixture.git("show", "\(commit.id.hex):b") == "2")
        #expect(try fixture.git("ls-tree", "--name-only", "\(commit.id.hex):keep") == "a")
    }

    @Test func `the user's own branch is never taken`() throws {
        let fixture = try GitFixture(committing: ["a": "1"])
        let repository = try fixture.repository()
        #expect(throws: GitError.branchIsCheckedOut("main")) { try repository.devCommit(branch: "main") }
    }
}
