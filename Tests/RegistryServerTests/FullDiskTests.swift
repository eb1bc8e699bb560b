// A disk without room: clear answers, and nothing left behind.
import BlobStore
import Digests
import Foundation
import Glibc
import HTTPMessages
import HTTPTypes
import Images
import Layers
import SystemPackage
import Testing

@testable import RegistryServer

@Suite(.enabled(if: geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true", "needs root: mounts"))
struct `A full disk` {
    private static let large = pattern(6 << 20)

    private func registry(_ disk: SmallDiskThread, missing: (any MissingContents)? = nil) throws -> (
        Store, CalledRegistry
    ) {
        let store = try Store(root: disk.path.appending("store"))
        let service = RegistryService(
            contents: StoredContents(store: store, cores: 1), missing: missing, rights: SettingsRights(.open),
            threads: disk)
        return (store, CalledRegistry(service: service))
    }

    @Test func `refuses a push and forgets it`() async throws {
        try await SmallDiskThread.run { disk in
            let (store, registry) = try registry(disk)
            let reply = await registry.push(blob: Self.large, to: "app")
            #expect(reply.status == 507)
            #expect(reply.code == "INSUFFICIENT_STORAGE")
            let location = try #require(await registry(.post, "/v2/app/blobs/uploads/").fields[.location])
            #expect(await registry(.patch, location, body: Self.large).status == 507)
            #expect(await registry(.get, location).status == 404)
            #expect(try Directory(store.work.path).names().count == 1, "the lock alone")
            await registry.push(TestImage("app"), to: "app", tag: "v1")
            #expect(await registry(.get, "/v2/app/manifests/v1").status == 200)
        }
    }

    @Test func `breaks off what comes from elsewhere and forgets it`() async throws {
        let elsewhere = Elsewhere()
        let digest = BlobDigest(of: Self.large)
        elsewhere.change { $0.blobs[digest] = Self.large }
        try await SmallDiskThread.run { disk in
            let (store, registry) = try registry(disk, missing: elsewhere)
            let reply = await registry(.get, "/v2/app/blobs/\(digest)")
            #expect(reply.failure != nil)
            #expect(elsewhere.change { $0.wrong } == [], "it is not the source's fault")
            #expect(try Directory(store.root.appending("partial")).names().isEmpty)
            await registry.push(TestImage("app"), to: "app", tag: "v1")
        }
    }

    @Test func `keeps the tag that was there`() async throws {
        try await SmallDiskThread.run { disk in
            let (_, registry) = try registry(disk)
            let (first, second) = (TestImage("one"), TestImage("second"))
            await registry.push(first, to: "app", tag: "v1")
            for blob in [second.layer, second.config.bytes] { await registry.push(blob: blob, to: "app") }
            let filler = disk.path.appending("filler")
            let file = try FileDescriptor.open(filler, .writeOnly, options: [.create], permissions: [.ownerReadWrite])
            while (try? file.writeAll([UInt8](repeating: 1, count: 4_096))) != nil {}
            try file.close()
            #expect(await registry.put(second.manifest, to: "app", at: "v1").status == 507)
            #expect(await registry(.get, "/v2/app/manifests/v1").bytes == first.manifest.bytes)
            unsafe unlink(filler.string)
            #expect(await registry.put(second.manifest, to: "app", at: "v1").status == 201)
            #expect(await registry(.get, "/v2/app/manifests/v1").bytes == second.manifest.bytes)
        }
    }
}
