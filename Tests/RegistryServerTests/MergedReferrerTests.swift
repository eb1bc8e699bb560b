// What refers to a manifest, whichever node has it.
import BlobStore
import Digests
import Foundation
import HTTPTypes
import Images
import SystemPackage
import Testing

@testable import RegistryServer

@Suite struct `Referrers of the mesh` {
    private struct Index: Decodable {
        let manifests: [Referrer]
    }

    private let empty = Array("{}".utf8)

    private func artifact(_ type: String, subject: EncodedDocument, note: String = "") -> EncodedDocument {
        let config = BlobDigest(of: empty)
        let text = """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"\(type)",\
            "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"\(config)","size":2},\
            "layers":[{"mediaType":"application/vnd.oci.empty.v1+json","digest":"\(config)","size":2}],\
            "subject":{"mediaType":"\(subject.mediaType)","digest":"\(subject.digest)","size":\(subject.bytes.count)},\
            "annotations":{"org.example.note":"\(note)"}}
            """
        return EncodedDocument(bytes: Array(text.utf8), mediaType: .ociManifest)
    }

    /// Pages of all that is listed.
    private func referrers(_ node: CalledRegistry, _ path: String) async throws -> [[Referrer]] {
        var (next, pages): (String?, [[Referrer]]) = (path, [])
        while let path = next {
            let reply = await node(.get, path)
            try #require(reply.status == 200, "\(reply.text)")
            #expect(reply.fields[.contentType] == MediaType.ociIndex.name)
            pages.append(try Index(json: reply.bytes).manifests)
            next = reply.fields[.link].map { String($0.dropFirst().prefix { $0 != ">" }) }
        }
        return pages
    }

    @Test func `are listed on all nodes, with what they say of themselves`() async throws {
        let (here, there) = (try Scratch(), try Scratch())
        let image = TestImage("app")
        let path = "/v2/app/referrers/\(image.manifest.digest)"
        let artifacts = (0..<6).map {
            artifact("application/x.kind\($0 % 2)+json", subject: image.manifest, note: "\($0)")
        }
        for (scratch, parts) in [(here, artifacts.prefix(4)), (there, artifacts.suffix(4))] {
            let registry = scratch.registry()
            await registry.push(blob: empty, to: "app")
            for part in parts {
                #expect(await registry.put(part, to: "app", at: part.digest.description).status == 201)
            }
        }
        let elsewhere = Elsewhere()
        elsewhere.change { $0.peers = [ListedPeer.registry("there", there.registry()).source] }
        let node = here.registry(missing: elsewhere)
        let all = artifacts.map(\.digest).sorted().map(\.description)
        for count in 1...7 {
            let pages = try await referrers(node, path + "?n=\(count)")
            #expect(pages.joined().map(\.digest) == all)
            #expect(pages.joined().allSatisfy { $0.annotations?["org.example.note"] != nil && $0.size > 100 })
        }
        let kind = try await referrers(node, path + "?n=2&artifactType=application/x.kind1%2Bjson").joined()
        #expect(Set(kind.map(\.digest)) == Set([1, 3, 5].map { artifacts[$0].digest.description }))
        #expect(try await referrers(node, "/v2/other/referrers/\(image.manifest.digest)") == [[]])
    }

    @Test func `are those of the upstream, too`() async throws {
        let (here, there) = (try Scratch(), try Scratch())
        let image = TestImage("app")
        let path = "/v2/app/referrers/\(image.manifest.digest)"
        let artifacts = (0..<5).map { artifact("application/x.kind\($0 % 2)", subject: image.manifest, note: "\($0)") }
        for (scratch, parts) in [(here, artifacts[0..<2]), (there, artifacts[1..<3])] {
            await scratch.registry().push(blob: empty, to: "app")
            for part in parts {
                #expect(await scratch.registry().put(part, to: "app", at: part.digest.description).status == 201)
            }
        }
        // An upstream gives all it has, whatever page it is asked for.
        let upstream = try artifacts[2...].map { try StoredManifest($0.bytes, contentType: nil).referrer }
        let elsewhere = Elsewhere()
        elsewhere.change { state in
            state.peers = [ListedPeer.registry("there", there.registry()).source]
            state.referrers = ListSource(.upstream("hub")) { _, _ in try ListAnswer(upstream.reversed()) }
        }
        let node = here.registry(missing: elsewhere)
        let all = artifacts.map(\.digest).sorted().map(\.description)
        for count in 1...6 {
            let pages = try await referrers(node, path + "?n=\(count)")
            #expect(pages.joined().map(\.digest) == all)
            #expect(elsewhere.change { $0.isNewList } == (pages.count == 1))
        }
        let kind = try await referrers(node, path + "?n=2&artifactType=application/x.kind0").joined()
        #expect(Set(kind.map(\.digest)) == Set([0, 2, 4].map { artifacts[$0].digest.description }))
        #expect(await node(.get, path).fields[.warning] == nil)
    }

    @Test func `say so when the upstream could not be asked`() async throws {
        let (here, elsewhere) = (try Scratch(), Elsewhere())
        let image = TestImage("app")
        let part = artifact("application/x", subject: image.manifest)
        let node = here.registry(missing: elsewhere)
        await node.push(blob: empty, to: "app")
        #expect(await node.put(part, to: "app", at: part.digest.description).status == 201)
        let asked = ListedPeer("hub") { _, _ in throw Unreachable() }
        elsewhere.change { $0.referrers = ListSource(.upstream("hub"), get: asked.source.get) }
        // The second time it is left alone, and missing all the same.
        for _ in 0..<2 {
            let reply = await node(.get, "/v2/app/referrers/\(image.manifest.digest)")
            #expect(reply.fields[.warning]?.hasPrefix("110") == true)
            #expect(try Index(json: reply.bytes).manifests.map(\.digest) == [part.digest.description])
        }
        #expect(asked.asked.count == 1)
        elsewhere.change { $0.referrers = ListSource(.upstream("other")) { _, _ in nil } }
        let reply = await node(.get, "/v2/app/referrers/\(image.manifest.digest)")
        #expect(reply.status == 200 && reply.fields[.warning] == nil, "no such repo there is an answer")
    }

    @Test func `come in answers that are not too long`() async throws {
        let here = try Scratch()
        let image = TestImage("app")
        let node = here.registry()
        await node.push(blob: empty, to: "app")
        let artifacts = (0..<5).map {
            artifact("application/x", subject: image.manifest, note: "\($0)" + String(repeating: "n", count: 600_000))
        }
        for part in artifacts { #expect(await node.put(part, to: "app", at: part.digest.description).status == 201) }
        let elsewhere = Elsewhere()
        elsewhere.change { $0.peers = [ListedPeer.registry("there", node).source] }
        for asked in [node, try Scratch().registry(missing: elsewhere)] {
            let pages = try await referrers(asked, "/v2/app/referrers/\(image.manifest.digest)")
            #expect(pages.count > 1 && pages.joined().count == 5)
            #expect(pages.allSatisfy { $0.count <= 2 })
        }
    }

    @Test func `are all there though the bytes of some are gone`() async throws {
        let here = try Scratch()
        let (image, node) = (TestImage("app"), here.registry())
        await node.push(blob: empty, to: "app")
        let artifacts = (0..<6).map { artifact("application/x", subject: image.manifest, note: "\($0)") }
        for part in artifacts { #expect(await node.put(part, to: "app", at: part.digest.description).status == 201) }
        let digests = artifacts.map(\.digest).sorted()
        for digest in digests.prefix(3) {
            let path = here.store.root.appending("blobs/sha256").appending(digest.hex)
            try FileManager.default.removeItem(atPath: path.string)
        }
        for asked in [node, here.registry(missing: Elsewhere())] {
            let pages = try await referrers(asked, "/v2/app/referrers/\(image.manifest.digest)?n=1")
            #expect(pages.map { $0.map(\.digest) } == digests.suffix(3).map { [$0.description] })
        }
    }

    @Test func `of peers are descriptors, or are left out`() async throws {
        let digest = BlobDigest(of: [1])
        func entry(_ digest: String, _ type: String, _ size: Int64, _ artifactType: String) -> String {
            #"{"digest":"\#(digest)","mediaType":"\#(type)","size":\#(size),"artifactType":"\#(artifactType)"}"#
        }
        let type = MediaType.ociManifest.name
        let entries = [
            entry("sha256:1", type, 1, type), entry("\(digest)", "no type", 1, type),
            entry("\(digest)", type, -1, type),
            entry("\(digest)", type, 1 << 40, type), entry("\(digest)", type, 1, "x\\ny"),
            entry("\(digest)", type, 7, "a/b"),
        ]
        let text = #"{"schemaVersion":2,"manifests":[\#(entries.joined(separator: ","))]}"#
        let elsewhere = Elsewhere()
        elsewhere.change { state in
            state.peers = [ListSource(.peer("odd")) { _, _ in ListAnswer(bytes: Array(text.utf8), hasMore: false) }]
        }
        let node = try Scratch().registry(missing: elsewhere)
        let found = try await referrers(node, "/v2/app/referrers/\(digest)").joined()
        #expect(found.map(\.size) == [7])
    }
}
