// Manifests and blobs by every way that the specification names.
import Digests
import HTTPTypes
import Images
import Testing

@testable import RegistryServer

@Suite struct `Pulling` {
    let scratch: Scratch
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry()
    }

    @Test func `begins at the base path`() async {
        let reply = await registry(.get, "/v2/")
        #expect(reply.status == 200)
        #expect(reply.fields[.apiVersion] == "registry/2.0")
        #expect(await registry(.get, "/v2").status == 200)
        #expect(await registry(.get, "/v1/").status == 404)
        #expect(await registry(.get, "/").status == 404)
    }

    @Test func `gives a manifest by tag and by digest, with its type and its digest`() async {
        let image = TestImage("app")
        await registry.push(image, to: "team/app", tag: "v1")
        for reference in ["v1", image.manifest.digest.description, "sha256%3A" + image.manifest.digest.hex] {
            let reply = await registry(.get, "/v2/team/app/manifests/\(reference)")
            #expect(reply.status == 200)
            #expect(reply.bytes == image.manifest.bytes)
            #expect(reply.fields[.contentType] == MediaType.ociManifest.name)
            #expect(reply.fields[.contentDigest] == image.manifest.digest.description)
            let head = await registry(.head, "/v2/team/app/manifests/\(reference)")
            #expect(head.status == 200)
            #expect(head.bytes == [])
            #expect(head.fields[.contentLength] == String(image.manifest.bytes.count))
            #expect(head.fields[.contentDigest] == image.manifest.digest.description)
        }
    }

    @Test func `says that a manifest is unknown`() async {
        for reference in ["v2", BlobDigest(of: []).description, ".INVALID"] {
            let reply = await registry(.get, "/v2/team/app/manifests/\(reference)")
            #expect(reply.status == 404)
            #expect(reply.code == "MANIFEST_UNKNOWN")
        }
        #expect(await registry(.head, "/v2/team/app/manifests/v1").status == 404)
    }

    @Test func `sends nothing to who has it already`() async {
        let image = TestImage("app")
        await registry.push(image, to: "app", tag: "v1")
        let tag = "\"\(image.manifest.digest)\""
        for header in [tag, "W/" + tag, "\"x\", " + tag, "*"] {
            let reply = await registry(.get, "/v2/app/manifests/v1", [.ifNoneMatch: header])
            #expect(reply.status == 304)
            #expect(reply.bytes == [])
            #expect(reply.fields[.eTag] == tag)
        }
        #expect(await registry(.get, "/v2/app/manifests/v1", [.ifNoneMatch: "\"x\""]).status == 200)
        let layer = BlobDigest(of: image.layer)
        #expect(await registry(.get, "/v2/app/blobs/\(layer)", [.ifNoneMatch: "\"\(layer)\""]).status == 304)
    }

    @Test func `serves only types that the caller reads`() async {
        await registry.push(TestImage("app"), to: "app", tag: "v1")
        func status(_ accept: String) async -> Int {
            await registry(.get, "/v2/app/manifests/v1", [.accept: accept]).status
        }
        #expect(await status(MediaType.ociManifest.name) == 200)
        #expect(await status("text/html, */*;q=0.1") == 200)
        #expect(await status(MediaType.dockerManifest.name + ", application/vnd.oci.image.manifest.v1+json") == 200)
        #expect(await status(MediaType.dockerManifest.name) == 404)
        #expect(await status(MediaType.ociManifest.name + ";q=0") == 200, "who takes nothing else takes all")
        #expect(await status(MediaType.dockerManifest.name + "," + MediaType.ociManifest.name + ";q=0.0") == 404)
    }

    @Test func `gives old clients an index's image for linux and amd64`() async {
        let image = TestImage("app", type: .dockerManifest)
        await registry.push(image, to: "app", tag: "one")
        let entry = Descriptor(
            mediaType: .dockerManifest, digest: image.manifest.digest, size: Int64(image.manifest.bytes.count),
            platform: Platform(os: "linux", architecture: "amd64"))
        let index = ManifestIndex(manifests: [entry]).encoded()
        #expect(await registry.put(index, to: "app", at: "many").status == 201)
        let modern = await registry(.get, "/v2/app/manifests/many", [.accept: MediaType.dockerIndex.name])
        #expect(modern.fields[.contentDigest] == index.digest.description)
        let old = await registry(.get, "/v2/app/manifests/many", [.accept: MediaType.dockerManifest.name])
        #expect(old.fields[.contentDigest] == image.manifest.digest.description)
        #expect(old.bytes == image.manifest.bytes)
        let exact = await registry(
            .get, "/v2/app/manifests/\(index.digest)", [.accept: MediaType.dockerManifest.name])
        #expect(exact.status == 404, "by digest nothing else is given")
    }

    @Test func `gives blobs whole and in part`() async {
        let blob = pattern(10_000)
        await registry.push(blob: blob, to: "app")
        let path = "/v2/app/blobs/\(BlobDigest(of: blob))"
        let whole = await registry(.get, path)
        #expect(whole.status == 200)
        #expect(whole.bytes == blob)
        #expect(whole.fields[.acceptRanges] == "bytes")
        #expect(whole.fields[.contentDigest] == BlobDigest(of: blob).description)
        let head = await registry(.head, path)
        #expect(head.status == 200)
        #expect(head.fields[.contentLength] == "10000")
        let part = await registry(.get, path, [.range: "bytes=100-199"])
        #expect(part.status == 206)
        #expect(part.bytes == Array(blob[100..<200]))
        #expect(part.fields[.contentRange] == "bytes 100-199/10000")
        let bad = await registry(.get, path, [.range: "bytes=10000-"])
        #expect(bad.status == 416)
        #expect(bad.fields[.contentRange] == "bytes */10000")
        let other = await registry(.get, path, [.range: "bytes=1-2", .ifRange: "\"another\""])
        #expect(other.status == 200)
    }

    /// Against a second way to say what RFC 9110 says: which bytes of the text are meant.
    @Test func `takes any range as the RFC reads it`() async {
        let blob = pattern(50)
        await registry.push(blob: blob, to: "app")
        let path = "/v2/app/blobs/\(BlobDigest(of: blob))"
        var generator = SeededGenerator(7)
        for _ in 0..<300 {
            let (first, last) = (Int.random(in: 0...60, using: &generator), Int.random(in: 0...60, using: &generator))
            let reply = await registry(.get, path, [.range: "bytes=\(first)-\(last)"])
            let meant = blob.indices.filter { $0 >= first && $0 <= last }.map { blob[$0] }
            let expected = last < first ? (200, blob) : meant.isEmpty ? (416, []) : (206, meant)
            #expect(reply.status == expected.0, "\(first)-\(last)")
            if reply.status != 416 { #expect(reply.bytes == expected.1, "\(first)-\(last)") }
            let end = await registry(.get, path, [.range: "bytes=-\(last)"])
            #expect(end.status == (last == 0 ? 416 : 206))
            if last > 0 { #expect(end.bytes == Array(blob.suffix(last))) }
        }
        for header in [
            "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2", "bytes=1--2", "bytes=99999999999999999999-",
        ] {
            let reply = await registry(.get, path, [.range: header])
            #expect(reply.status == 200, "\(header)")
            #expect(reply.bytes == blob)
        }
    }

    @Test func `serves a blob only by the repos that have it`() async {
        let blob = pattern(100)
        await registry.push(blob: blob, to: "secret/app")
        let digest = BlobDigest(of: blob)
        #expect(await registry(.get, "/v2/secret/app/blobs/\(digest)").status == 200)
        for repo in ["app", "secret", "secret/app/more"] {
            let reply = await registry(.get, "/v2/\(repo)/blobs/\(digest)")
            #expect(reply.status == 404)
            #expect(reply.code == "BLOB_UNKNOWN")
        }
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
