// A project's files under giterminism: strict, with exceptions, and loose.
import FileTrees
import Foundation
import SystemPackage
import Testing

@testable import Git

@Suite struct `Files under giterminism` {
    private func files(
        _ fixture: GitFixture, _ folder: String = "", allowing allows: (@Sendable (String) -> Bool)? = nil,
        isDevelopment: Bool = false
    ) throws -> GitProjectFiles {
        let repository = try fixture.repository(folder)
        return GitProjectFiles(
            try repository.files(of: repository.head), in: repository,
            giterminism: .strict(allowsUncommitted: allows, isDevelopment: isDevelopment))
    }

    private func loose(_ fixture: GitFixture) throws -> GitProjectFiles {
        let repository = try fixture.repository()
        return GitProjectFiles(try repository.files(of: repository.head), in: repository, giterminism: .loose)
    }

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `committed files are read from the commit, below the project's folder`() throws {
        let fixture = try GitFixture(committing: ["p/werf.yaml": "one", "p/.werf/a.tmpl": "t", "other": "x"])
        try fixture.write("other", "changed")
        let files = try files(fixture, "p")
        #expect(try text(files.read("werf.yaml")) == "one")
        #expect(try files.read("missing") == nil)
        #expect(try files.exists(".werf") && files.isDirectory(".werf") && !files.isDirectory("werf.yaml"))
        #expect(try files.glob(".werf/**/*.tmpl") == [".werf/a.tmpl"])
        #expect(try files.list(under: ".werf") == [".werf/a.tmpl"])
        #expect(try files.list(under: "werf.yaml").isEmpty)
        #expect(throws: GitError.self) { try files.read("../../outside") }
        #expect(throws: GitError.notAFile(path: ".werf")) { try files.read(".werf") }
    }

    @Test func `a file is somewhere whether it may be read or not`() throws {
        let fixture = try GitFixture(committing: ["p/both": "1", "p/gone": "1", ".gitignore": "ignored\n"])
        try fixture.write("p/new", "x")
        try fixture.write("p/ignored", "x")
        try fixture.remove("p/gone")
        let files = try files(fixture, "p")
        for path in ["both", "gone", "new", "ignored"] { #expect(try files.isAnywhere(path)) }
        for path in ["nothing", "."] { #expect(try !files.isAnywhere(path)) }
        #expect(try files.read("ignored") == nil)
    }

    @Test func `a folder beside the project is listed from the project's root`() throws {
        let fixture = try GitFixture(committing: ["p/werf.yaml": "1", "t/a.tmpl": "t", "t/b/c.tmpl": "t", "other": "x"])
        #expect(try files(fixture, "p").list(under: "../t") == ["../t/a.tmpl", "../t/b/c.tmpl"])
        try fixture.write("t/b/c.tmpl", "changed")
        let strict = try files(fixture, "p")
        #expect(throws: GitError.uncommitted(["../t/b/c.tmpl"])) { try strict.list(under: "../t") }
        let allowing = try files(fixture, "p") { $0 == "../t/b/c.tmpl" }
        #expect(try allowing.list(under: "../t") == ["../t/a.tmpl", "../t/b/c.tmpl"])
        #expect(try text(allowing.read("../t/b/c.tmpl")) == "changed")
    }

    @Test func `a file that differs must be committed`() throws {
        let fixture = try GitFixture(committing: ["p/a": "1", "p/gone": "1"])
        try fixture.write("p/a", "2")
        try fixture.write("p/new file", "x")
        try fixture.remove("p/gone")
        let files = try files(fixture, "p")
        for path in ["a", "new file", "gone"] {
            let error = #expect(throws: GitError.uncommitted([path])) { try files.read(path) }
            #expect(error?.description.contains("must be committed") == true)
        }
        #expect(GitError.uncommitted(["new file"]).description.contains("git add 'new file'"))
        #expect(throws: GitError.uncommitted(["a", "gone", "new file"])) { try files.glob("*") }
        #expect(try !files.exists("new file"))
        #expect(try text(self.files(fixture, "p", isDevelopment: true).read("a")) == "1")
    }

    @Test func `allowed uncommitted files come from the disk alone`() throws {
        let fixture = try GitFixture(committing: ["a.txt": "1", "b": "1", "gone.txt": "1"])
        try fixture.write("a.txt", "2")
        try fixture.write("new.txt", "3")
        try fixture.remove("gone.txt")
        let files = try files(fixture, allowing: { $0.hasSuffix(".txt") })
        #expect(try text(files.read("a.txt")) == "2")
        #expect(try text(files.read("new.txt")) == "3")
        #expect(try files.read("gone.txt") == nil)
        #expect(try files.glob("*") == ["a.txt", "b", "new.txt"])
    }

    @Test func `links are followed inside the commit, and what they lead to must be committed`() throws {
        let fixture = try GitFixture(committing: ["real/file": "text", "real/deep/x.tmpl": "t"])
        try fixture.link("link", to: "real/file")
        try fixture.link("folder", to: "./real/../real")
        try fixture.link("real/round", to: "..")
        try fixture.commit()
        #expect(try text(files(fixture).read("link")) == "text")
        #expect(try text(files(fixture).read("folder/file")) == "text")
        #expect(try files(fixture).glob("folder/**/*.tmpl") == ["folder/deep/x.tmpl"])
        try fixture.write("real/file", "changed")
        let files = try files(fixture)
        #expect(throws: GitError.uncommitted(["real/file"])) { try files.read("link") }
    }

    @Test func `links that leave the repository or lead in a circle are errors`() throws {
        let fixture = try GitFixture(committing: ["p/a": "1"])
        try fixture.link("p/absolute", to: "/etc/hostname")
        try fixture.link("p/up", to: "../../x")
        try fixture.link("p/round", to: "round")
        try fixture.link("p/dangling", to: "nothing")
        try fixture.commit()
        for giterminism in [Giterminism.strict(allowsUncommitted: nil, isDevelopment: false), .loose] {
            let repository = try fixture.repository("p")
            let files = GitProjectFiles(
                try repository.files(of: repository.head), in: repository, giterminism: giterminism)
            for path in ["absolute", "up", "round"] { #expect(throws: GitError.self) { try files.read(path) } }
            #expect(try files.read("dangling") == nil)
            #expect(try files.glob("a*a") == [])
        }
    }

    @Test func `an allowed link must lead to what is allowed too`() throws {
        let fixture = try GitFixture(committing: ["secret": "1"])
        try fixture.link("ok.txt", to: "secret")
        let files = try files(fixture, allowing: { $0.hasSuffix(".txt") })
        #expect(throws: GitError.linkTargetNotAllowed(path: "ok.txt", target: "secret")) { try files.read("ok.txt") }
    }

    @Test func `loose files come from the disk`() throws {
        let fixture = try GitFixture(committing: ["a": "1", "gone": "1"])
        try fixture.write("a", "2")
        try fixture.write("new", "3")
        try fixture.remove("gone")
        let files = try loose(fixture)
        #expect(try text(files.read("a")) == "2")
        #expect(try files.read("gone") == nil)
        #expect(try files.glob("*") == ["a", "new"])
    }
}
