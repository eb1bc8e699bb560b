// Finding a repository, and what is said when there is none.
import FileTrees
import Foundation
import SystemPackage
import Testing

@testable import Git

@Suite struct `Repositories` {
    @Test func `a project in a folder of the work tree`() throws {
        let fixture = try GitFixture(committing: ["sub/dir/werf.yaml": "x"])
        let repository = try fixture.repository("sub/dir")
        #expect(repository.workTree == fixture.path)
        #expect(repository.projectPath == "sub/dir")
        #expect(try repository.head.hex == fixture.git("rev-parse", "HEAD"))
        #expect(!repository.isShallow)
        #expect(repository.projectDirectory == fixture.path.appending("sub/dir"))
    }

    @Test func `a work tree's name may end in a carriage return`() throws {
        let fixture = try GitFixture(committing: ["a": "x"], named: "weft-git-\(UUID().uuidString)\r")
        #expect(try fixture.repository().workTree == fixture.path)
    }

    @Test func `a commit's time is the author's, printed as Go prints it`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        let repository = try fixture.repository()
        let time = try repository.commit(repository.head).time
        #expect(time.seconds == 1_700_000_000)
        #expect(time.human == "2023-11-14 23:43:20 +0130 +0130")
        #expect(CommitTime(seconds: 951_825_599, offsetMinutes: -210).human == "2000-02-29 08:29:59 -0330 -0330")
        #expect(CommitTime(seconds: 0, offsetMinutes: 0).human == "1970-01-01 00:00:00 +0000 +0000")
    }

    @Test func `a second work tree has its own HEAD`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        try fixture.git("branch", "other")
        try fixture.write("a", "y")
        try fixture.commit()
        try fixture.git("worktree", "add", "-q", "second", "other")
        let repository = try fixture.repository("second")
        #expect(repository.workTree == fixture.path.appending("second"))
        #expect(try repository.head.hex == fixture.git("rev-parse", "other"))
    }

    @Test func `no repository`() throws {
        let folder = FilePath(FileManager.default.temporaryDirectory.path)
        #expect(throws: GitError.notARepository(folder.string)) { try Repository.discover(from: folder) }
        #expect(throws: GitError.self) { try Repository.discover(from: FilePath("/nonexistent")) }
    }

    @Test func `no commits, a bare repository, git's own folder`() throws {
        let fixture = try GitFixture()
        let path = fixture.path.string
        #expect(throws: GitError.noCommits(path)) { try fixture.repository() }
        #expect(throws: GitError.noWorkTree(path + "/.git")) { try fixture.repository(".git") }
        try fixture.git("init", "-q", "--bare", "bare.git")
        #expect(throws: GitError.bareRepository(path + "/bare.git")) { try fixture.repository("bare.git") }
    }

    @Test func `no git program`() throws {
        let git = GitProgram(environment: ["PATH=/nonexistent"])
        #expect(throws: GitError.programMissing) { try Repository.discover(from: FilePath("/tmp"), git: git) }
    }

    @Test func `variables of a hook do not lead to another repository`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let git = GitProgram(environment: ["PATH=\(path)", "GIT_DIR=/nonexistent", "GIT_INDEX_FILE=/nonexistent"])
        let repository = try Repository.discover(from: fixture.path, git: git)
        #expect(try repository.changes().isEmpty)
    }

    @Test func `a shallow clone says so`() throws {
        let fixture = try GitFixture(committing: ["a": "x"])
        try fixture.write("a", "y")
        try fixture.commit()
        try fixture.git("clone", "-q", "--depth", "1", "file://" + fixture.path.string, "clone")
        #expect(try fixture.repository("clone").isShallow)
    }

    @Test func `objects are read again after an error`() throws {
        let fixture = try GitFixture(committing: ["a": "text"])
        let repository = try fixture.repository()
        let blob = try #require(ObjectID(try fixture.git("rev-parse", "HEAD:a")))
        let absent = try #require(ObjectID(String(repeating: "1", count: 40)))
        #expect(throws: GitError.objectMissing(absent.hex, repository: fixture.path.string)) {
            try repository.objects.blob(absent)
        }
        #expect(throws: GitError.objectTooLarge(blob.hex, bytes: 4, limitBytes: 3)) {
            try repository.objects.blob(blob, limitBytes: 3)
        }
        #expect(throws: GitError.unexpectedObject(repository.head.hex, wanted: "blob", found: "commit")) {
            try repository.objects.blob(repository.head)
        }
        #expect(try repository.objects.blob(blob) == Array("text".utf8))
    }
}
