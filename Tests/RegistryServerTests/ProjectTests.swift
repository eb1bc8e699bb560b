// Images of local projects, as any client pulls them.
import BlobStore
import Digests
import Foundation
import Glibc
import HTTPTypes
import Images
import Layers
import SystemPackage
import Testing

@testable import RegistryServer

@Suite struct `Projects built here` {
    let scratch: Scratch
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry()
    }

    private func pulled(_ reply: Reply) throws -> Manifest {
        guard case .image(let manifest) = try ManifestDocument(reply.bytes, contentType: nil) else {
            throw MissingFailure("no image")
        }
        return manifest
    }

    @Test func `are pulled with packed layers, always the same`() async throws {
        let local = try scratch.build("my-app")
        let reply = await registry(.get, "/v2/my-app/manifests/\(TestTag.one)")
        #expect(reply.status == 200)
        #expect(reply.fields[.contentType] == MediaType.dockerManifest.name)
        let manifest = try pulled(reply)
        #expect(manifest.config == local.config)
        #expect(manifest.layers.map(\.mediaType) == [.dockerLayerGzip, .dockerLayerGzip])
        let config = await registry(.get, "/v2/my-app/blobs/\(manifest.config.digest)")
        let diffIDs = try ImageConfig(config.bytes).diffIDs
        for (layer, diffID) in zip(manifest.layers, diffIDs) {
            let blob = await registry(.get, "/v2/my-app/blobs/\(layer.digest)")
            #expect(blob.status == 200)
            #expect(Int64(blob.bytes.count) == layer.size)
            #expect(BlobDigest(of: try unpacked(blob.bytes)) == diffID)
        }
        #expect(await registry(.get, "/v2/my-app/manifests/\(TestTag.one)").bytes == reply.bytes)
        let digest = try #require(reply.fields[.contentDigest])
        #expect(await registry(.get, "/v2/my-app/manifests/\(digest)").bytes == reply.bytes)
        let other = try Scratch()
        try other.build("my-app")
        #expect(await other.registry()(.get, "/v2/my-app/manifests/\(TestTag.one)").bytes == reply.bytes)
    }

    private func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
        let path = scratch.path.appending("packed.gz").string
        try Data(bytes).write(to: URL(filePath: path))
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Array(data)
    }

    @Test func `are listed, without those that were rejected`() async throws {
        try scratch.build("my-app")
        let rejected = String(repeating: "cd", count: 28) + "-1700000000000"
        try scratch.build("my-app", tag: rejected)
        _ = try scratch.store.tags.create(rejected + "-rejected", of: "my-app", Array("rejected".utf8))
        #expect(await registry(.get, "/v2/my-app/tags/list").text == #"{"name":"my-app","tags":["\#(TestTag.one)"]}"#)
        #expect(await registry(.get, "/v2/my-app/manifests/\(rejected)").status == 404)
        #expect(await registry(.get, "/v2/my-app/manifests/\(rejected)-rejected").status == 404)
        #expect(await registry(.get, "/v2/_catalog").text == #"{"repositories":["my-app"]}"#)
    }

    @Test func `are changed by builds alone`() async throws {
        try scratch.build("my-app")
        #expect(await registry(.post, "/v2/my-app/blobs/uploads/").code == "DENIED")
        #expect(await registry(.put, "/v2/my-app/manifests/v1").code == "DENIED")
        #expect(await registry(.delete, "/v2/my-app/manifests/\(TestTag.one)").code == "DENIED")
        #expect(await registry(.delete, "/v2/my-app/blobs/\(BlobDigest(of: []))").code == "DENIED")
    }

    @Test func `are packed again when a layer's blob was cleaned away`() async throws {
        try scratch.build("my-app")
        let reply = await registry(.get, "/v2/my-app/manifests/\(TestTag.one)")
        let layer = try #require(try pulled(reply).layers.first)
        try scratch.store.blobs.remove(layer.digest)
        let blob = await registry(.get, "/v2/my-app/blobs/\(layer.digest)")
        #expect(blob.status == 200)
        #expect(BlobDigest(of: blob.bytes) == layer.digest)
        try scratch.store.blobs.remove(BlobDigest(of: reply.bytes))
        #expect(await registry(.get, "/v2/my-app/manifests/\(TestTag.one)").bytes == reply.bytes)
    }

    @Test func `are absent when a layer is gone`() async throws {
        let local = try scratch.build("my-app")
        try scratch.store.layers.remove(local.layers[1].digest)
        #expect(await registry(.get, "/v2/my-app/manifests/\(TestTag.one)").code == "MANIFEST_UNKNOWN")
    }

    @Test func `are packed once when many ask at once`() async throws {
        try scratch.build("my-app", files: ["a", "b", "c"])
        let registry = registry
        await withTaskGroup(of: Reply.self) { group in
            for _ in 0..<10 { group.addTask { await registry(.get, "/v2/my-app/manifests/\(TestTag.one)") } }
            var bytes: Set<[UInt8]> = []
            for await reply in group {
                #expect(reply.status == 200)
                bytes.insert(reply.bytes)
            }
            #expect(bytes.count == 1)
        }
    }
}

enum TestTag {
    static let one = String(repeating: "ab", count: 28) + "-1700000000000"
}

extension Scratch {
    /// As builds store it: layers as directories, named by their tars.
    @discardableResult
    func build(_ project: String, tag: String = TestTag.one, files: [String] = ["one", "two"]) throws -> Manifest {
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        var layers: [Descriptor] = []
        for name in files {
            let folder = path.appending("layer-\(UInt64.random(in: .min ... .max))")
            let upper = folder.appending(LayerFolder.filesName)
            try FileManager.default.createDirectory(atPath: upper.string, withIntermediateDirectories: true)
            try Data(String(repeating: name, count: 1_000).utf8).write(to: URL(filePath: upper.appending(name).string))
            let summary = try LayerWriter(times: .fixed(1)).summarize(upper)
            try store.layers.adopt(folder, summary)
            config.diffIDs.append(summary.diffID)
            layers.append(Descriptor(mediaType: .dockerLayerTar, digest: summary.diffID, size: summary.byteCount))
        }
        let manifest = Manifest(config: config.encoded().descriptor, layers: layers)
        for document in [config.encoded(), manifest.encoded()] {
            try store.blobs.write(expecting: document.digest) { try $0.append(document.bytes) }
        }
        let text = "manifest \(manifest.encoded().digest.hex)\nconfig \(config.encoded().digest.hex)\nbytes 1"
        _ = try store.tags.create(tag, of: project, Array(text.utf8))
        return manifest
    }
}
