// skopeo, buildah and curl against a node's registry.
import Digests
import Foundation
import SystemPackage
import Testing

@testable import RegistryServer

@Suite(.serialized) struct `Other programs` {
    @Test(.enabled(if: Programs.areExpected("skopeo"), "skopeo is not installed"))
    func `copy, inspect, list and delete: skopeo`() async throws {
        try await ServedNode.run { node in
            let layout = node.folder.appending("layout")
            _ = try SmallImage.writeLayout(to: layout, byteCount: 3 << 20)
            let url = "docker://\(node.host)/team/app"
            func good(_ result: ProgramResult) { #expect(result.isGood, "\(result.output)") }
            good(try await node.program("skopeo", "copy", "--dest-tls-verify=false", "oci:\(layout):v1", "\(url):v1"))
            good(
                try await node.program(
                    "skopeo", "copy", "--dest-tls-verify=false", "--format", "v2s2", "oci:\(layout):v1", "\(url):docker"
                ))
            // From repo to repo: blobs are mounted.
            good(
                try await node.program(
                    "skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", "\(url):v1",
                    "docker://\(node.host)/other:v2"))
            let tags = try await node.program("skopeo", "list-tags", "--tls-verify=false", url)
            #expect(tags.output.contains("\"docker\"") && tags.output.contains("\"v1\""), "\(tags.output)")
            let look = try await node.program("skopeo", "inspect", "--tls-verify=false", "\(url):v1")
            #expect(look.isGood && look.output.contains("\"amd64\""), "\(look.output)")
            let back = node.folder.appending("back")
            good(try await node.program("skopeo", "copy", "--src-tls-verify=false", "\(url):v1", "oci:\(back):v1"))
            for name in try FileManager.default.contentsOfDirectory(atPath: layout.appending("blobs/sha256").string) {
                let files = [layout, back].map { $0.appending("blobs/sha256").appending(name).string }
                #expect(FileManager.default.contentsEqual(atPath: files[0], andPath: files[1]), "\(name)")
            }
            good(try await node.program("skopeo", "delete", "--tls-verify=false", "\(url):v1"))
            #expect(try await !node.program("skopeo", "inspect", "--tls-verify=false", "\(url):v1").isGood)
        }
    }

    @Test(.enabled(if: Programs.areExpected("skopeo", "buildah"), "buildah or skopeo is not installed"))
    func `pull as strangers and push as users: buildah`() async throws {
        try await ServedNode.run(ServedNode.withUser) { node in
            let layout = node.folder.appending("layout")
            _ = try SmallImage.writeLayout(to: layout, byteCount: 1 << 20)
            let (own, url) = ("oci:\(layout):v1", "docker://\(node.host)/team/app:v1")
            let stranger = try await node.program("skopeo", "copy", "--dest-tls-verify=false", own, url)
            #expect(!stranger.isGood && stranger.output.contains("unauthorized"), "\(stranger.output)")
            let wrong = try await node.program(
                "skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", "ann:wrong", own, url)
            #expect(!wrong.isGood && wrong.output.contains("unauthorized"), "\(wrong.output)")
            let right = try await node.program(
                "skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", "ann:secret", own, url)
            #expect(right.isGood, "\(right.output)")
            let roots = ["--root", "\(node.folder)/root", "--runroot", "\(node.folder)/runroot"]
            let pull = try await node.program(
                "buildah", roots[0], roots[1], roots[2], roots[3], "pull", "--tls-verify=false",
                "\(node.host)/team/app:v1")
            #expect(pull.isGood, "\(pull.output)")
            let push = try await node.program(
                "buildah", roots[0], roots[1], roots[2], roots[3], "push", "--tls-verify=false", "--creds",
                "ann:secret",
                "\(node.host)/team/app:v1", "docker://\(node.host)/team/copy:v1")
            #expect(push.isGood, "\(push.output)")
            #expect(node.service.counters.refusedByRights > 0)
        }
    }

    @Test(.enabled(if: Programs.areExpected("curl", "skopeo"), "curl or skopeo is not installed"))
    func `go on where they stopped: curl`() async throws {
        try await ServedNode.run { node in
            let layout = node.folder.appending("layout")
            let blob = try SmallImage.writeLayout(to: layout, byteCount: 2 << 20)
            let copy = try await node.program(
                "skopeo", "copy", "--dest-tls-verify=false", "oci:\(layout):v1", "docker://\(node.host)/app:v1")
            #expect(copy.isGood, "\(copy.output)")
            let url = "http://\(node.host)/v2/app/blobs/\(BlobDigest(of: blob))"
            let path = node.folder.appending("part").string
            try Data(blob[..<1_000_000]).write(to: URL(filePath: path))
            let resumed = try await node.program("curl", "-sSf", "-C", "-", "-o", path, url)
            #expect(resumed.isGood, "\(resumed.output)")
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(blob))
            let range = try await node.program("curl", "-sSf", "-r", "512-1023", "-o", path, url)
            #expect(range.isGood)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(blob[512..<1_024]))
            let head = try await node.program("curl", "-sSfI", url)
            #expect(head.output.lowercased().contains("content-length: \(blob.count)"), "\(head.output)")
        }
    }

    /// An upload in pieces by hand, the second after the first was cut.
    @Test(.enabled(if: Programs.areExpected("curl"), "curl is not installed"))
    func `push in chunks: curl`() async throws {
        try await ServedNode.run { node in
            let blob = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
            for (name, part) in [("one", blob[..<50_000]), ("two", blob[50_000...])] {
                try Data(part).write(to: URL(filePath: node.folder.appending(name).string))
            }
            let base = "http://\(node.host)"
            let begun = try await node.program("curl", "-sSfi", "-X", "POST", base + "/v2/app/blobs/uploads/")
            let location = try #require(begun.output.firstMatch(of: /(?i)location: (\S+)/)).1
            let first = try await node.program(
                "curl", "-sSf", "-X", "PATCH", "-H", "Content-Range: 0-49999", "--data-binary", "@\(node.folder)/one",
                base + location)
            #expect(first.isGood, "\(first.output)")
            let second = try await node.program(
                "curl", "-sSf", "-X", "PUT", "-H", "Content-Range: 50000-199999", "--data-binary",
                "@\(node.folder)/two",
                base + location + "?digest=\(BlobDigest(of: blob))")
            #expect(second.isGood, "\(second.output)")
            let out = node.folder.appending("out").string
            try await node.program("curl", "-sSf", "-o", out, base + "/v2/app/blobs/\(BlobDigest(of: blob))")
            let isSame = try Data(contentsOf: URL(filePath: out)) == Data(blob)
            #expect(isSame)
        }
    }
}
