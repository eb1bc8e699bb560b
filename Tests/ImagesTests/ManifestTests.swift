// Manifests and indexes: read strictly, written always alike.
import Digests
import Images
import Testing

private let one = String(repeating: "1", count: 64)
private let two = String(repeating: "2", count: 64)
private let configType = "application/vnd.docker.container.image.v1+json"
private let layerType = "application/vnd.docker.image.rootfs.diff.tar.gzip"
private let manifestType = "application/vnd.docker.distribution.manifest.v2+json"

private func layer(_ more: String = "", size: String = "3", digest: String = "sha256:" + two) -> String {
    #"{"mediaType":"\#(layerType)","size":\#(size),"digest":"\#(digest)"\#(more)}"#
}

private func image(
    layers: String = layer(), head: String = #""mediaType":"\#(manifestType)","#, more: String = "", version: Int = 2
) -> [UInt8] {
    Array(
        (#"{"schemaVersion":\#(version),\#(head)"config":{"mediaType":"\#(configType)","size":7,"digest":"sha256:\#(one)"},"#
            + #""layers":[\#(layers)]\#(more)}"#).utf8)
}

private func refusal(_ bytes: [UInt8], _ type: MediaType? = .dockerManifest) -> String {
    do {
        return "taken: \(try ManifestDocument(bytes, contentType: type))"
    } catch {
        return error.description
    }
}

@Suite struct `Manifests` {
    @Test func `are read`() throws {
        guard case .image(let manifest) = try ManifestDocument(image(), contentType: .dockerManifest) else {
            Issue.record("not an image")
            return
        }
        #expect(
            manifest.config == Descriptor(mediaType: .dockerConfig, digest: try #require(BlobDigest(hex: one)), size: 7)
        )
        #expect(manifest.layers.map(\.digest.hex) == [two])
        #expect(manifest.layers[0].mediaType.compression == .gzip)
    }

    @Test(arguments: [
        #","layers":[]"#, #","Layers":[]"#, #","layer\u0073":[]"#, #","LAYER\u017f":[]"#, #","x":{"a":1,"b":2,"a":3}"#,
    ])
    func `with a member twice are refused`(more: String) {
        #expect(refusal(image(more: more)).contains("it has two members"))
    }

    @Test func `may have labels that differ in case only, and equal names in other places`() {
        let more = #","annotations":{"a":"layers","A":"layers"},"x":[{"a":1},{"a":{"a":"\"a\":"}}]"#
        #expect(refusal(image(more: more)).hasPrefix("taken"))
        #expect(refusal(image(more: #","annotations":{"a":"","a":""}"#)).contains("it has two members"))
    }

    @Test func `are UTF-8`() {
        let wide = image().flatMap { [$0, UInt8(0)] }
        #expect(refusal(wide).contains("isn't JSON in UTF-8"))
    }

    @Test func `are written with sorted keys and plain slashes`() throws {
        let config = Descriptor(mediaType: .dockerConfig, digest: try #require(BlobDigest(hex: one)), size: 7)
        let layer = Descriptor(mediaType: .dockerLayerGzip, digest: try #require(BlobDigest(hex: two)), size: 3)
        let encoded = Manifest(config: config, layers: [layer]).encoded()
        let text =
            #"{"config":{"digest":"sha256:\#(one)","mediaType":"\#(configType)","size":7},"#
            + #""layers":[{"digest":"sha256:\#(two)","mediaType":"\#(layerType)","size":3}],"#
            + #""mediaType":"\#(manifestType)","schemaVersion":2}"#
        #expect(String(decoding: encoded.bytes, as: UTF8.self) == text)
        #expect(encoded.digest == BlobDigest(of: Array(text.utf8)))
        #expect(encoded.mediaType == .dockerManifest)
        #expect(
            try ManifestDocument(encoded.bytes, contentType: encoded.mediaType)
                == .image(Manifest(config: config, layers: [layer])))
    }

    @Test func `with manifests beside layers are refused (CVE-2021-41190)`() {
        let both = image(head: "", more: #","manifests":[]"#)
        #expect(refusal(both, .ociManifest).contains("both manifests and layers"))
        #expect(refusal(both, .ociIndex).contains("both manifests and layers"))
        #expect(refusal(both, nil).contains("both manifests and layers"))
    }

    @Test func `that were sent as something else are refused`() {
        #expect(refusal(image(), .ociManifest).contains("was sent as application/vnd.oci.image.manifest.v1+json"))
        #expect(refusal(image(head: ""), .ociIndex).contains("doesn't fit its members"))
        #expect(refusal(image(head: ""), MediaType("text/html")).contains("isn't an image's"))
    }

    @Test func `of schema 1 are refused by name`() {
        let type = MediaType("application/vnd.docker.distribution.manifest.v1+prettyjws")
        #expect(refusal(Array("{}".utf8), type).contains("schema 1"))
        #expect(refusal(Array(#"{"schemaVersion":1,"fsLayers":[{"blobSum":"x"}]}"#.utf8), nil).contains("schema 1"))
    }

    @Test(arguments: [
        (layer(#","urls":["https://evil.example/x"]"#), "foreign layer"),
        (layer(size: "-1"), "size of layer 1 is -1"),
        (layer(size: "274877906945"), "0 to 274877906944 bytes"),
        (layer(size: "1e30"), "a number in it is too large"),
        (layer(size: "\"3\""), "layers[0].size has the wrong type"),
        (layer(digest: "sha256:../../../etc/passwd"), "isn't sha256:"),
        (layer(digest: "sha512:" + String(repeating: "a", count: 128)), "isn't sha256:"),
        (layer(digest: "sha256:" + String(repeating: "A", count: 64)), "isn't sha256:"),
        (layer(digest: one), "isn't sha256:"),
        (Array(repeating: layer(), count: 1_001).joined(separator: ","), "1001 layers"),
    ])
    func `with layers that can't be right are refused`(layers: String, reason: String) {
        #expect(refusal(image(layers: layers)).contains(reason))
    }

    @Test(arguments: [
        "", "null", "[]", "{", "{}", #"{"schemaVersion":2}"#, #"{"schemaVersion":3,"layers":[]}"#, "\u{FEFF}{}x",
        String(repeating: "[", count: 100_000), #"{"schemaVersion":2,"config":null,"layers":null}"#,
        #"{"schemaVersion":2,"mediaType":"x","config":{},"layers":[]}"#,
    ])
    func `that are no manifests are refused, not crashed on`(text: String) {
        #expect(refusal(Array(text.utf8)).hasPrefix("The manifest can't be used: "))
    }

    @Test func `larger than 4 MiB are refused`() {
        #expect(refusal([UInt8](repeating: 0x20, count: (4 << 20) + 1)).contains("at most 4194304"))
    }

    @Test func `with a config that is too large are refused`() {
        let large = String(decoding: image(), as: UTF8.self).replacing(#""size":7"#, with: #""size":8388609"#)
        #expect(refusal(Array(large.utf8)).contains("at most 8388608"))
    }

    @Test func `of charts and signatures are told from images`() throws {
        let digest = try #require(BlobDigest(hex: one))
        let type = try #require(MediaType("application/vnd.cncf.helm.config.v1+json"))
        let chart = Manifest(
            mediaType: .ociManifest, config: Descriptor(mediaType: type, digest: digest, size: 2), layers: [])
        #expect(throws: ImageError.self) { try chart.checkIsImage() }
    }

    @Test func `agree with their config about the number of layers`() throws {
        let digest = try #require(BlobDigest(hex: one))
        var config = ImageConfig(platform: try Platform("linux/amd64"))
        let manifest = Manifest(
            config: config.encoded().descriptor,
            layers: [Descriptor(mediaType: .dockerLayerGzip, digest: digest, size: 1)])
        #expect(throws: ImageError.self) { try manifest.check(config: config) }
        config.diffIDs = [digest]
        try manifest.check(config: config)
    }
}

@Suite struct `Indexes` {
    private func index() throws -> ManifestIndex {
        func entry(_ digit: String, _ os: String, _ architecture: String, _ variant: String? = nil) throws -> Descriptor
        {
            Descriptor(
                mediaType: .ociManifest, digest: try #require(BlobDigest(hex: String(repeating: digit, count: 64))),
                size: 9,
                platform: Platform(os: os, architecture: architecture, variant: variant))
        }
        return ManifestIndex(
            mediaType: .ociIndex,
            manifests: [
                try entry("1", "linux", "amd64"), try entry("2", "linux", "arm", "v5"),
                try entry("3", "linux", "arm", "v6"),
                try entry("4", "unknown", "unknown"), try entry("5", "linux", "arm64", "v8"),
            ])
    }

    @Test(arguments: [
        ("linux/amd64", "1"), ("linux/arm/v7", "3"), ("linux/arm/v5", "2"), ("linux/arm64/v8", "5"),
        ("linux/arm64", "5"),
    ])
    func `give the image that runs best`(platform: String, digit: String) throws {
        #expect(try index().manifest(for: Platform(platform)).digest.hex.first == digit.first)
    }

    @Test func `list what they have, attestations aside`() throws {
        let wanted = try Platform("linux/s390x")
        let error = #expect(throws: ImageError.self) { try index().manifest(for: wanted) }
        #expect(
            error?.description.contains("linux/s390x. It offers: linux/amd64, linux/arm/v5, linux/arm/v6, linux/arm64.")
                == true)
        let unknown = Platform(os: "unknown", architecture: "unknown")
        #expect(throws: ImageError.self) { try index().manifest(for: unknown) }
    }

    @Test func `are read as they are written`() throws {
        let encoded = try index().encoded()
        #expect(try ManifestDocument(encoded.bytes, contentType: .ociIndex) == .index(index()))
        #expect(throws: ImageError.self) { try ManifestDocument(encoded.bytes, contentType: .ociManifest) }
    }
}

@Suite struct `Media types` {
    @Test(arguments: [
        ("application/vnd.oci.image.index.v1+json; charset=utf-8", "application/vnd.oci.image.index.v1+json"),
        ("Application/JSON", "application/json"),
    ])
    func `lose their parameters`(text: String, name: String) {
        #expect(MediaType(text)?.name == name)
    }

    @Test(arguments: ["", "json", "a/b/c", "/", "a/", "a/b\u{0}", "a/ü", String(repeating: "a", count: 300) + "/b"])
    func `that are none are refused`(text: String) {
        #expect(MediaType(text) == nil)
    }
}
