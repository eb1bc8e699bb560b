// Flags that name files of the project, and variables that choose places and versions.
import Foundation
import Testing

@testable import weft

@Suite struct `Paths of flags` {
    @Test(arguments: [
        ("/w/p", "p", "werf.yaml", "werf.yaml"), ("/w/p", "p", "./ci/../werf.yaml", "werf.yaml"),
        ("/w", "p", "p/werf.yaml", "werf.yaml"), ("/w", "p", "werf.yaml", "../werf.yaml"),
        ("/elsewhere", "p", "/w/p/ci/werf.yaml", "ci/werf.yaml"), ("/w/p/sub", "p", "../werf.yaml", "werf.yaml"),
        ("/w", "", "ci", "ci"), ("/w/p", "p", "../..x/y", "../..x/y"),
    ])
    func `are meant from the current directory`(
        directory: String, project: String, written: String, meant: String
    ) throws {
        let path = ProjectPath(currentDirectory: directory, workTree: "/w", project: project)
        #expect(try path.fromProject(written, flag: "--config") == meant)
    }

    @Test(arguments: ["../../x", "/etc/werf.yaml", "/w2/werf.yaml", "/w/../x"])
    func `stay in the work tree`(written: String) {
        let path = ProjectPath(currentDirectory: "/w/p", workTree: "/w", project: "p")
        let error = #expect(throws: UsageError.self) { try path.fromProject(written, flag: "--config") }
        #expect(error?.description == "--config=\(written): must lie in the work tree of the project, /w")
    }

    @Test func `may lead through a link to the work tree`() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("weft-path-\(UUID().uuidString)")
            .resolvingSymlinksInPath()
        defer { try? FileManager.default.removeItem(at: url) }
        let tree = url.appendingPathComponent("tree")
        try FileManager.default.createDirectory(at: tree, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: url.appendingPathComponent("link"), withDestinationURL: tree)
        let path = ProjectPath(currentDirectory: "/", workTree: tree.path, project: "")
        #expect(try path.fromProject(url.path + "/link/werf.yaml", flag: "--config") == "werf.yaml")
    }
}

@Suite struct `Variables of werf` {
    @Test func `WERF_HOME goes before the flag`() {
        #expect(NodeParts.homeDirectory("/flag", ["WERF_HOME": "/variable", "HOME": "/h"]) == "/variable")
        #expect(NodeParts.homeDirectory("/flag", ["WERF_HOME": "", "HOME": "/h"]) == "/flag")
        #expect(NodeParts.homeDirectory(nil, ["HOME": "/h"]) == "/h/.werf")
    }

    @Test func `the version of staged Dockerfiles is one of two`() throws {
        func version(_ text: String?) throws -> Bool {
            try NodeParts.isSecondVersion(text.map { ["WERF_STAGED_DOCKERFILE_VERSION": $0] } ?? [:])
        }
        #expect(try !version(nil) && !version("") && !version("v1") && version("v2"))
        let error = #expect(throws: UsageError.self) { try version("v3") }
        #expect(error?.description == "WERF_STAGED_DOCKERFILE_VERSION=v3: the versions are v1 and v2")
    }
}
