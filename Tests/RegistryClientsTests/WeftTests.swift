// weft itself and docker against a node's registry.
import BlobStore
import Foundation
import Glibc
import SystemPackage
import Testing

@Suite(.serialized) struct `Builds and containers` {
    @Test(.enabled(if: Programs.areExpected("weft", "git", "skopeo"), "weft, git or skopeo is not there"))
    func `publish into it and reuse from it: weft`() async throws {
        try await ServedNode.run { node in
            let project = try await node.makeProject()
            func build(_ storage: String) async throws -> ProgramResult {
                try await node.program(
                    "weft", "build", "--dir", project, "--repo", "\(node.host)/x", "--insecure-registry",
                    "--backend-storage-path", "\(node.folder)/\(storage)")
            }
            let first = try await build("one")
            #expect(first.isGood && first.output.contains("rebuilt"), "\(first.output)")
            let second = try await build("two")
            #expect(second.isGood && second.output.contains("reused"), "\(second.output)")
        }
    }

    @Test(.enabled(if: Programs.areExpected("weft", "git", "skopeo"), "weft, git or skopeo is not there"))
    func `leave local images that anybody pulls: weft and skopeo`() async throws {
        try await ServedNode.run { node in
            let project = try await node.makeProject()
            let built = try await node.program(
                "weft", "build", "--dir", project, "--backend-storage-path", node.store.root.string)
            try #require(built.isGood, "\(built.output)")
            let list = try await node.program("skopeo", "list-tags", "--tls-verify=false", "docker://\(node.host)/tiny")
            let tag = try #require(list.output.firstMatch(of: /"([0-9a-f]{56}-\d{13})"/), "\(list.output)").1
            let copy = try await node.program(
                "skopeo", "copy", "--src-tls-verify=false", "docker://\(node.host)/tiny:\(tag)",
                "oci:\(node.folder)/out:v1")
            #expect(copy.isGood, "\(copy.output)")
        }
    }

    @Test(
        .enabled(
            if: Programs.areExpected("docker", "dockerd", "skopeo") && geteuid() == 0, "docker or root is missing"))
    func `pull and push with a login: docker`() async throws {
        try await ServedNode.run(ServedNode.withUser) { node in
            let layout = node.folder.appending("layout")
            _ = try SmallImage.writeLayout(to: layout, byteCount: 1 << 20)
            let name = "\(node.host)/team/app:v1"
            let put = try await node.program(
                "skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", "ann:secret", "oci:\(layout):v1",
                "docker://\(name)")
            try #require(put.isGood, "\(put.output)")
            try await withDockerDaemon(node) { docker in
                let pull = try await docker(["pull", name])
                try #require(pull.isGood, "\(pull.output)")
                let copy = "\(node.host)/team/copy:v1"
                #expect(try await docker(["tag", name, copy]).isGood)
                let stranger = try await docker(["push", copy])
                #expect(!stranger.isGood && stranger.output.contains("unauthorized"), "\(stranger.output)")
                #expect(try await !docker(["login", "-u", "ann", "-p", "wrong", node.host]).isGood)
                let login = try await docker(["login", "-u", "ann", "-p", "secret", node.host])
                #expect(login.isGood, "\(login.output)")
                let push = try await docker(["push", copy])
                #expect(push.isGood, "\(push.output)")
                #expect(try await docker(["rmi", copy, name]).isGood)
                let again = try await docker(["pull", copy])
                #expect(again.isGood, "\(again.output)")
            }
        }
    }

    /// A daemon of its own, without network, that ends with `body`.
    private func withDockerDaemon(
        _ node: ServedNode, _ body: ((_ arguments: [String]) async throws -> ProgramResult) async throws -> Void
    ) async throws {
        let place = node.folder.appending("docker").string
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let daemon = try Programs.process(
            "dockerd",
            [
                "--iptables=false", "--ip6tables=false", "--bridge=none", "--data-root", place + "/data", "--exec-root",
                place + "/exec", "--pidfile", place + "/pid", "-H", "unix://\(place)/socket", "--insecure-registry",
                "127.0.0.0/8", "--storage-driver", "vfs",
            ], environment: [:], log: place + "/log")
        async let ended: Void = daemon.runToItsEnd()
        func docker(_ arguments: [String]) async throws -> ProgramResult {
            let log = place + "/log-client"
            let environment = ["DOCKER_HOST": "unix://\(place)/socket", "DOCKER_CONFIG": place + "/config"]
            let process = try Programs.process("docker", arguments, environment: environment, log: log)
            try await process.runToItsEnd()
            return ProgramResult(
                code: process.terminationStatus,
                output: String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self))
        }
        do {
            var tries = 0
            while try await !docker(["info"]).isGood {
                tries += 1
                // 60 s: loaded machines start slowly. Nothing is asserted about the time.
                try #require(tries < 300, "dockerd did not start")
                try await Task.sleep(for: .milliseconds(200))
            }
            try await body(docker)
        } catch {
            daemon.terminate()
            _ = try? await ended
            throw error
        }
        daemon.terminate()
        try await ended
    }
}
