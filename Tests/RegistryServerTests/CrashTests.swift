// What a killed process leaves, step by step, and several processes over one store.
import BlobStore
import Digests
import Foundation
import HTTPMessages
import HTTPTypes
import Images
import Layers
import SystemPackage
import Testing

@testable import RegistryServer

@Suite struct `After a crash` {
    let scratch: Scratch
    let registry: CalledRegistry
    let image = TestImage("app")
    let repo: RepoName

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry()
        repo = try #require(RepoName("team/app"))
    }

    private var folder: RepoFolder { scratch.contents.folder(repo) }

    /// The steps of a push in their order, each of which is whole on the disk or not there.
    private var steps: [() throws -> Void] {
        let (store, folder, image) = (scratch.store, folder, image)
        let blobs = [image.layer, image.config.bytes]
        return blobs.flatMap { blob -> [() throws -> Void] in
            [{ try store.blobs.write { try $0.append(blob) } }, { try folder.addBlob(BlobDigest(of: blob)) }]
        } + [
            { try store.blobs.write { try $0.append(image.manifest.bytes) } },
            { try folder.addManifest(image.manifest.digest, image.manifest.mediaType) },
            { try folder.setTag("v1", image.manifest.digest) },
        ]
    }

    @Test(arguments: 0...7) func `between two steps of a push the tag is whole or absent, and a push mends all`(
        _ count: Int
    ) async throws {
        for step in steps.prefix(count) { try step() }
        let found = await registry(.get, "/v2/team/app/manifests/v1")
        #expect(found.status == (count == 7 ? 200 : 404))
        await registry.push(image, to: "team/app", tag: "v1")
        #expect(await registry(.get, "/v2/team/app/manifests/v1").bytes == image.manifest.bytes)
        #expect(await registry(.get, "/v2/team/app/blobs/\(BlobDigest(of: image.layer))").bytes == image.layer)
    }

    @Test(arguments: ["", "sha256:", "nothing", "\u{0}\u{0}\u{0}"]) func `of the machine a torn file counts as absent`(
        _ text: String
    ) async throws {
        await registry.push(image, to: "team/app", tag: "v1")
        let path = scratch.store.root.appending("registry/team/app/_tags/v1")
        try Data(text.utf8).write(to: URL(filePath: path.string))
        #expect(await registry(.get, "/v2/team/app/manifests/v1").code == "MANIFEST_UNKNOWN")
        #expect(await registry.put(image.manifest, to: "team/app", at: "v1").status == 201)
        #expect(await registry(.get, "/v2/team/app/manifests/v1").status == 200)
    }

    @Test func `a manifest whose bytes are gone or damaged is absent, and can be pushed again`() async throws {
        await registry.push(image, to: "team/app", tag: "v1")
        let path = scratch.store.root.appending("blobs/sha256").appending(image.manifest.digest.hex)
        try Data("damaged".utf8).write(to: URL(filePath: path.string))
        #expect(await registry(.get, "/v2/team/app/manifests/v1").status == 404)
        #expect(await registry(.get, "/v2/team/app/manifests/v1").status == 404)
        #expect(await registry.put(image.manifest, to: "team/app", at: "v1").status == 201)
        #expect(await registry(.get, "/v2/team/app/manifests/v1").bytes == image.manifest.bytes)
    }

    @Test func `an upload of a dead process lies in its work area alone`() async throws {
        let before = try scratch.files()
        let location = try #require(await registry(.post, "/v2/app/blobs/uploads/").fields[.location])
        #expect(await registry(.patch, location, body: pattern(1_000)).status == 202)
        #expect(try scratch.files() == before)
        #expect(try scratch.unfinished().count == 1)
    }

    // MARK: Several processes

    @Test func `of nothing, two processes serve what each of them took`() async throws {
        let other = try CalledRegistry.second(scratch)
        await registry.push(image, to: "team/app", tag: "v1")
        #expect(await other(.get, "/v2/team/app/manifests/v1").bytes == image.manifest.bytes)
        #expect(await other(.delete, "/v2/team/app/manifests/v1").status == 202)
        #expect(await registry(.get, "/v2/team/app/manifests/v1").status == 404)
    }

    @Test func `of nothing, two processes fetch a blob once`() async throws {
        let elsewhere = Elsewhere()
        let blob = pattern(300_000)
        let digest = BlobDigest(of: blob)
        elsewhere.change { state in
            state.blobs[digest] = blob
            state.isGated = true
        }
        let first = scratch.registry(missing: elsewhere)
        let second = try CalledRegistry.second(scratch, missing: elsewhere)
        async let one = first(.get, "/v2/app/blobs/\(digest)")
        let gate = await elsewhere.gate()
        async let two = second(.get, "/v2/app/blobs/\(digest)")
        while elsewhere.change({ $0.blobQuestions }) < 2 { await Task.yield() }
        gate.offer(blob)
        gate.finish()
        let areSame = await (one.bytes == blob, two.bytes == blob)
        #expect(areSame == (true, true))
        #expect(elsewhere.change { $0.opened } == [0])
    }
}

extension CalledRegistry {
    /// Another process over the same store, as far as the store can tell.
    fileprivate static func second(_ scratch: Scratch, missing: (any MissingContents)? = nil) throws -> CalledRegistry {
        let store = try Store(root: scratch.store.root)
        return CalledRegistry(
            service: RegistryService(
                contents: StoredContents(store: store, cores: 1), missing: missing, rights: SettingsRights(.open),
                threads: globalConcurrentExecutor))
    }
}
