// What is read while git looks at the work tree, and the checks that wait for its answer.
import FileTrees
import Foundation
import SystemPackage
import Testing

@testable import Git

@Suite struct `Changes that git is asked for beside the reading` {
    private struct OtherError: Error {}

    private func files(_ repository: Repository, _ changes: SeenChanges) throws -> GitProjectFiles {
        GitProjectFiles(
            try repository.files(of: repository.head), in: repository,
            giterminism: .strict(allowsUncommitted: nil, isDevelopment: false), changes: changes)
    }

    @Test func `a file that differs is read from the commit, and refused when the answer is there`() throws {
        let fixture = try GitFixture(committing: ["a": "1", "b": "1"])
        try fixture.write("a", "2")
        let repository = try fixture.repository()
        let changes = SeenChanges(repository)
        try changes.ask()
        let files = try files(repository, changes)
        #expect(try changes.reading { try files.read("a") } == Array("1".utf8))
        #expect(throws: GitError.uncommitted(["a"])) { try changes.settle() }
        // From now on the answer is known: the check is made at once.
        #expect(throws: GitError.uncommitted(["a"])) { try files.read("a") }
        #expect(try files.read("b") == Array("1".utf8))
        try changes.settle()
    }

    @Test func `the first file that was asked for is named first, and before any later error`() throws {
        let fixture = try GitFixture(committing: ["a": "1", "b": "1"])
        try fixture.write("a", "2")
        try fixture.write("b", "2")
        let repository = try fixture.repository()
        let changes = SeenChanges(repository)
        try changes.ask()
        let files = try files(repository, changes)
        #expect(throws: GitError.uncommitted(["b"])) {
            try changes.reading {
                _ = try files.read("b")
                _ = try files.read("a")
                throw OtherError()
            }
        }
    }

    @Test func `an error stays what it is where everything is committed`() throws {
        let fixture = try GitFixture(committing: ["a": "1"])
        let repository = try fixture.repository()
        let changes = SeenChanges(repository)
        try changes.ask()
        let files = try files(repository, changes)
        #expect(throws: OtherError.self) {
            try changes.reading {
                _ = try files.read("a")
                throw OtherError()
            }
        }
    }

    @Test func `who has not asked gets checks at once`() throws {
        let fixture = try GitFixture(committing: ["a": "1"])
        try fixture.write("a", "2")
        let repository = try fixture.repository()
        let changes = SeenChanges(repository)
        #expect(!changes.isLooking)
        let files = try files(repository, changes)
        #expect(throws: GitError.uncommitted(["a"])) { try files.read("a") }
    }

    @Test func `expected files are those of the commit, whatever else is expected`() throws {
        let fixture = try GitFixture(committing: ["a": "1", "same": "1", "b": "22", "folder/c": "", "run": "x"])
        try fixture.link("link", to: "a")
        try fixture.commit()
        let repository = try fixture.repository()
        let files = try files(repository, SeenChanges(repository))
        files.expect(["a", "b", "same", "folder", "folder/c", "link", "gone", "../out", "a"])
        #expect(try files.read("a") == Array("1".utf8))
        #expect(try files.read("same") == Array("1".utf8))
        #expect(try files.read("b") == Array("22".utf8))
        #expect(try files.read("folder/c") == [])
        #expect(try files.read("link") == Array("1".utf8))
        #expect(try files.read("run") == Array("x".utf8))
        #expect(try files.read("gone") == nil)
    }

    @Test func `a path through links is somewhere, on disk and in the commit`() throws {
        let fixture = try GitFixture(committing: ["real/file": "1"])
        try fixture.link("folder", to: "real")
        try fixture.link("file", to: "real/file")
        try fixture.commit()
        let repository = try fixture.repository()
        let files = try files(repository, SeenChanges(repository))
        for path in ["folder/file", "file", "real/file"] { #expect(try files.isAnywhere(path), "\(path)") }
        for path in ["folder", "real", "real/file/x", "none", "folder/none"] {
            #expect(try !files.isAnywhere(path), "\(path)")
        }
        try FileManager.default.removeItem(at: fixture.url.appendingPathComponent("real"))
        for path in ["folder/file", "file", "real/file"] { #expect(try files.isAnywhere(path), "\(path)") }
    }
}
