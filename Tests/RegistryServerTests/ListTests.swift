// Tags, repos and referrers, page by page.
import Digests
import Foundation
import HTTPTypes
import Images
import Testing

@testable import RegistryServer

@Suite struct `Lists` {
    let scratch: Scratch
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry()
    }

    private func pages(_ path: String) async throws -> [[String]] { try await registry.pages(path) }

    @Test func `gives all tags, however they are cut into pages`() async throws {
        let image = TestImage("app")
        await registry.push(image, to: "app", tag: "v0")
        let manifest = try StoredManifest(image.manifest.bytes, contentType: nil)
        let tags = ["v0", "a", "Z", "_x", "v10", "v1.0", "v1-0", "1", "zz"].sorted()
        for tag in tags { try scratch.contents.put(manifest, tag: tag, to: #require(RepoName("app"))) }
        #expect(try await pages("/v2/app/tags/list") == [tags])
        for count in 1...(tags.count + 1) {
            let pages = try await pages("/v2/app/tags/list?n=\(count)")
            #expect(pages.flatMap { $0 } == tags)
            #expect(pages.dropLast().allSatisfy { $0.count == count })
            #expect(pages.last?.isEmpty == false, "no page is asked for in vain")
        }
        #expect(try await pages("/v2/app/tags/list?n=0") == [[]])
        #expect(try await pages("/v2/app/tags/list?last=v1") == [["v1-0", "v1.0", "v10", "zz"]], "last need not exist")
        #expect(try await pages("/v2/app/tags/list?n=1000000000000000000000") == [tags], "CVE-2023-2253")
        for bad in ["-1", "x", "", "1x", "+5"] {
            let reply = await registry(.get, "/v2/app/tags/list?n=\(bad)")
            #expect(reply.status == 400)
            #expect(reply.code == "PAGINATION_NUMBER_INVALID")
        }
    }

    @Test func `says that a repo is unknown`() async {
        let reply = await registry(.get, "/v2/none/tags/list")
        #expect(reply.status == 404)
        #expect(reply.code == "NAME_UNKNOWN")
    }

    @Test func `gives all repos in the order of their names`() async throws {
        let repos = ["a", "a-b", "a/b", "a.b/c", "a/b/c", "b"].sorted()
        for repo in repos { await registry.push(TestImage("x"), to: repo, tag: "v1") }
        for count in 1...7 {
            #expect(try await pages("/v2/_catalog?n=\(count)").flatMap { $0 } == repos)
        }
        #expect(try await pages("/v2/_catalog") == [repos])
    }

    @Test func `names in the catalog only what the caller may pull`() async throws {
        await registry.push(TestImage("x"), to: "open/app", tag: "v1")
        await registry.push(TestImage("x"), to: "secret/app", tag: "v1")
        var settings = RightsSettings()
        settings.grants = [.init(who: .anyone, actions: [.pull], repos: repos("open/*"))]
        let reply = await scratch.registry(rights: SettingsRights(settings))(.get, "/v2/_catalog")
        #expect(reply.text == #"{"repositories":["open/app"]}"#)
    }

    // MARK: Referrers

    private struct Index: Decodable {
        struct Entry: Decodable {
            let digest: String
            let artifactType: String?
            let annotations: [String: String]?
            let size: Int
        }
        let schemaVersion: Int
        let mediaType: String
        let manifests: [Entry]
    }

    private func referrers(_ path: String) async throws -> (Reply, Index) {
        let reply = await registry(.get, path)
        try #require(reply.status == 200, "\(reply.text)")
        #expect(reply.fields[.contentType] == MediaType.ociIndex.name)
        return (reply, try JSONDecoder().decode(Index.self, from: Data(reply.bytes)))
    }

    private func artifact(_ type: String, subject: EncodedDocument) -> EncodedDocument {
        let empty = BlobDigest(of: Array("{}".utf8))
        let text = """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"\(type)",\
            "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"\(empty)","size":2},\
            "layers":[{"mediaType":"application/vnd.oci.empty.v1+json","digest":"\(empty)","size":2}],\
            "subject":{"mediaType":"\(subject.mediaType)","digest":"\(subject.digest)","size":\(subject.bytes.count)},\
            "annotations":{"org.example.of":"\(type)"}}
            """
        return EncodedDocument(bytes: Array(text.utf8), mediaType: .ociManifest)
    }

    @Test func `keeps what refers to a manifest, before it is there and after`() async throws {
        let image = TestImage("app")
        let path = "/v2/app/referrers/\(image.manifest.digest)"
        #expect(try await referrers(path).1.manifests.isEmpty)
        await registry.push(blob: Array("{}".utf8), to: "app")
        let (signature, report) = (
            artifact("application/x.signature+json", subject: image.manifest),
            artifact("application/x.report", subject: image.manifest)
        )
        let reply = await registry.put(signature, to: "app", at: signature.digest.description)
        #expect(reply.status == 201)
        #expect(reply.fields[.ociSubject] == image.manifest.digest.description)
        await registry.push(image, to: "app", tag: "v1")
        #expect(await registry.put(report, to: "app", at: "report").status == 201)

        let (_, all) = try await referrers(path)
        #expect(all.schemaVersion == 2)
        #expect(all.manifests.map(\.digest) == [signature.digest, report.digest].sorted().map(\.description))
        #expect(
            Set(all.manifests.compactMap(\.artifactType)) == ["application/x.signature+json", "application/x.report"])
        #expect(all.manifests.allSatisfy { $0.annotations?["org.example.of"] == $0.artifactType })

        let (filtered, one) = try await referrers(path + "?artifactType=application/x.signature%2Bjson")
        #expect(filtered.fields[.ociFilters] == "artifactType")
        #expect(one.manifests.map(\.digest) == [signature.digest.description])
        #expect(try await referrers(path + "?artifactType=application/none").1.manifests.isEmpty)

        let (first, _) = try await referrers(path + "?n=1")
        #expect(first.fields[.link]?.hasPrefix("<\(path)?last=sha256:") == true)

        #expect(await registry(.delete, "/v2/app/manifests/\(report.digest)").status == 202)
        #expect(try await referrers(path).1.manifests.map(\.digest) == [signature.digest.description])
        #expect(try await referrers("/v2/other/referrers/\(image.manifest.digest)").1.manifests.isEmpty)
    }

    @Test func `refuses to list what refers to no digest`() async {
        #expect(await registry(.get, "/v2/app/referrers/v1").code == "DIGEST_INVALID")
    }
}
