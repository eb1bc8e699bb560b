// Everything the client does, against the registry that Debian ships.
import Digests
import Images
import Subprocess
import Testing

@testable import Registry

/// Bytes that don't repeat soon, the same in every run.
func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state)
    }
}

func source(_ bytes: [UInt8]) -> BlobSource {
    { offset, countMax in Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + countMax)]) }
}

/// A small image in `repository` under `tag`.
@discardableResult
func pushImage(
    _ client: RegistryClient, _ repository: RepositoryName, tag: String, platform: String = "linux/amd64"
) async throws -> EncodedDocument {
    let layer = noise(1_000)
    let layerDigest = BlobDigest(of: layer)
    var config = ImageConfig(platform: try Platform(platform))
    config.diffIDs = [layerDigest]
    config.config.labels = ["werf": "project"]
    config.created = "2026-01-02T03:04:05Z"
    let encoded = config.encoded()
    try await client.pushBlob(layerDigest, size: 1_000, to: repository, source: source(layer))
    try await client.pushBlob(
        encoded.digest, size: Int64(encoded.bytes.count), to: repository, source: source(encoded.bytes))
    let manifest = Manifest(
        config: encoded.descriptor,
        layers: [Descriptor(mediaType: .dockerLayerGzip, digest: layerDigest, size: 1_000)]
    ).encoded()
    try await client.putManifest(manifest, at: .tag(tag), of: repository)
    return manifest
}

@Suite(.enabled(if: DockerRegistry.isExpected, Comment(rawValue: DockerRegistry.missing)))
struct `A real registry` {
    @Test func `takes an image and gives it back`() async throws {
        try await DockerRegistry.run { registry in
            try await withClient { client in
                let repository = try RepositoryName("\(registry.host)/team/app")
                try await client.ping(registry.host)
                let pushed = try await pushImage(client, repository, tag: "v1")
                try await client.putManifest(pushed, at: .tag("v2"), of: repository)

                #expect(try await client.tags(of: repository).sorted() == ["v1", "v2"])
                #expect(try await client.manifestDigest(.tag("v1"), of: repository) == pushed.digest)
                let fetched = try await client.manifest(.digest(pushed.digest), of: repository)
                #expect(fetched.bytes == pushed.bytes)
                #expect(fetched.mediaType == .dockerManifest)

                let reference = try ImageReference("\(repository):v1")
                let image = try await client.pullManifest(reference, platform: Platform("linux/amd64"))
                #expect(image.manifestDigest == pushed.digest)
                #expect(image.config.config.labels == ["werf": "project"])
            }
        }
    }

    @Test func `has its image read by skopeo`() async throws {
        try await DockerRegistry.run { registry in
            try await withClient { client in
                let repository = try RepositoryName("\(registry.host)/app")
                let pushed = try await pushImage(client, repository, tag: "v1")
                let result = try await Subprocess.run(
                    .name("skopeo"), arguments: ["inspect", "--tls-verify=false", "docker://\(repository):v1"],
                    output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
                #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
                #expect(result.standardOutput.contains(pushed.digest.description))
                #expect(result.standardOutput.contains(#""werf": "project""#))
            }
        }
    }

    @Test func `resolves an index for a platform`() async throws {
        try await DockerRegistry.run { registry in
            try await withClient { client in
                let repository = try RepositoryName("\(registry.host)/app")
                var entries: [Descriptor] = []
                for name in ["linux/amd64", "linux/arm64"] {
                    let image = try await pushImage(client, repository, tag: "x", platform: name)
                    entries.append(
                        Descriptor(
                            mediaType: image.mediaType, digest: image.digest, size: Int64(image.bytes.count),
                            platform: try Platform(name)))
                }
                let index = ManifestIndex(manifests: entries).encoded()
                try await client.putManifest(index, at: .tag("all"), of: repository)

                let reference = try ImageReference("\(repository):all")
                let image = try await client.pullManifest(reference, platform: Platform("linux/arm64"))
                #expect(image.rootDigest == index.digest)
                #expect(image.manifestDigest == entries[1].digest)
                #expect(image.config.platform.description == "linux/arm64")
                let error = try await registryError {
                    _ = try await client.pullManifest(reference, platform: Platform("linux/s390x"))
                }
                #expect(error?.description.contains("It offers: linux/amd64, linux/arm64") == true)
            }
        }
    }

    @Test func `tells what isn't there from what is broken`() async throws {
        try await DockerRegistry.run { registry in
            try await withClient { client in
                let repository = try RepositoryName("\(registry.host)/app")
                let digest = BlobDigest(of: [1])
                let tags = try await registryError { _ = try await client.tags(of: repository) }
                #expect(tags?.isNotFound == true)
                #expect(tags?.codes == ["NAME_UNKNOWN"])
                let manifest = try await registryError { _ = try await client.manifest(.tag("v"), of: repository) }
                #expect(manifest?.isNotFound == true)
                let head = try await registryError { _ = try await client.manifestDigest(.tag("v"), of: repository) }
                #expect(head?.isNotFound == true)
                let blob = try await registryError {
                    try await client.fetchBlob(digest, size: 1, of: repository, restart: {}) { _ in }
                }
                #expect(blob?.isBroken == true)
                #expect(try await client.blobExists(digest, of: repository) == false)
                let orphan = Manifest(
                    config: Descriptor(mediaType: .dockerConfig, digest: digest, size: 1), layers: []
                ).encoded()
                let refused = try await registryError {
                    try await client.putManifest(orphan, at: .tag("v"), of: repository)
                }
                #expect(refused?.isBroken == true)
            }
        }
    }

    @Test func `mounts a blob from another repository and knows one that it has`() async throws {
        try await DockerRegistry.run { registry in
            try await withClient { client in
                let (first, second) = (
                    try RepositoryName("\(registry.host)/first"), try RepositoryName("\(registry.host)/second")
                )
                let bytes = noise(5_000)
                let digest = BlobDigest(of: bytes)
                let source = source(bytes)
                #expect(try await client.pushBlob(digest, size: 5_000, to: first, source: source) == .uploaded)
                #expect(try await client.pushBlob(digest, size: 5_000, to: first, source: source) == .existed)
                let mounted = try await client.pushBlob(digest, size: 5_000, to: second, mountFrom: first) { _, _ in
                    throw SourceUsed()
                }
                #expect(mounted == .mounted)
                #expect(try await client.blobExists(digest, of: second))
                // A mount that can't be becomes an upload.
                let other = noise(6_000)
                let uploaded = try await client.pushBlob(
                    BlobDigest(of: other), size: 6_000, to: second, mountFrom: first, source: self.source(other))
                #expect(uploaded == .uploaded)
            }
        }
    }

    private struct SourceUsed: Error {}

    private func source(_ bytes: [UInt8]) -> BlobSource { RegistryTests.source(bytes) }

    @Test func `refuses bytes of another digest, and gives the source's own error back`() async throws {
        try await DockerRegistry.run { registry in
            try await withClient { client in
                let repository = try RepositoryName("\(registry.host)/app")
                let wrong = try await registryError {
                    try await client.pushBlob(BlobDigest(of: [1]), size: 2, to: repository, source: source([1, 2]))
                }
                #expect(wrong?.isBroken == true)
                await #expect(throws: SourceUsed.self) {
                    try await client.pushBlob(BlobDigest(of: [1]), size: 1, to: repository) { _, _ in throw SourceUsed()
                    }
                }
            }
        }
    }

    @Test func `holds empty blobs`() async throws {
        try await DockerRegistry.run { registry in
            try await withClient { client in
                let repository = try RepositoryName("\(registry.host)/app")
                let digest = BlobDigest(of: [])
                #expect(try await client.pushBlob(digest, size: 0, to: repository, source: source([])) == .uploaded)
                try await client.fetchBlob(digest, size: 0, of: repository, restart: {}) { _ in }
                #expect(try await client.blobExists(digest, of: repository))
            }
        }
    }

    @Test func `deletes a manifest`() async throws {
        try await DockerRegistry.run { registry in
            try await withClient { client in
                let repository = try RepositoryName("\(registry.host)/app")
                let pushed = try await pushImage(client, repository, tag: "v1")
                try await client.deleteManifest(pushed.digest, of: repository)
                let error = try await registryError { _ = try await client.manifest(.tag("v1"), of: repository) }
                #expect(error?.isNotFound == true)
            }
        }
    }

    @Test func `with a password wants the right one`() async throws {
        try await DockerRegistry.run(.password) { registry in
            let repository = try RepositoryName("\(registry.host)/app")
            var configuration = RegistryConfiguration.test()
            configuration.credentials = FixedCredentials([
                registry.host: .password(user: "name", password: "secret")
            ])
            try await withClient(configuration) { client in
                try await pushImage(client, repository, tag: "v1")
                #expect(try await client.tags(of: repository) == ["v1"])
            }
            for credentials: any CredentialSource in [
                NoCredentials(), FixedCredentials([registry.host: .password(user: "name", password: "wrong")]),
            ] {
                configuration.credentials = credentials
                try await withClient(configuration) { client in
                    let error = try await registryError { _ = try await client.tags(of: repository) }
                    #expect(error?.kind == .unauthorized)
                    #expect(error?.description.contains("docker login \(registry.host)") == true)
                    #expect(error?.description.contains("wrong") == false)
                }
            }
        }
    }

    @Test func `with TLS is believed only as the user says`() async throws {
        try await DockerRegistry.run(.tls) { registry in
            try await withClient { client in
                let error = try await registryError { try await client.ping(registry.host) }
                #expect(error?.kind == .unreachable)
                #expect(error?.description.contains("--skip-tls-verify-registry") == true)
            }
            var configuration = RegistryConfiguration.test()
            configuration.skipsTLSVerification = true
            try await withClient(configuration) { client in
                let repository = try RepositoryName("\(registry.host)/app")
                try await pushImage(client, repository, tag: "v1")
                #expect(try await client.tags(of: repository) == ["v1"])
            }
        }
    }
}

@Suite(.enabled(if: DockerRegistry.isExpected, Comment(rawValue: DockerRegistry.missing)))
struct `Lost connections` {
    private let bytes = noise(12 << 20)

    @Test func `don't keep an upload from arriving`() async throws {
        try await DockerRegistry.run { registry in
            try await CuttingProxy.run(to: registry.port, cuts: [3 << 20, 5 << 20], upwards: true) { proxy in
                try await withClient { client in
                    let repository = try RepositoryName("\(proxy.host)/app")
                    let digest = BlobDigest(of: bytes)
                    let push = try await client.pushBlob(
                        digest, size: Int64(bytes.count), to: repository, source: source(bytes))
                    #expect(push == .uploaded)
                    let direct = try RepositoryName("\(registry.host)/app")
                    var received: [UInt8] = []
                    try await client.fetchBlob(
                        digest, size: Int64(bytes.count), of: direct, restart: { received = [] }
                    ) { received += $0 }
                    let isWhole = received == bytes
                    #expect(isWhole)
                }
            }
        }
    }

    @Test func `don't make a download begin again`() async throws {
        try await DockerRegistry.run { registry in
            try await CuttingProxy.run(to: registry.port, cuts: [3 << 20, 4 << 20], upwards: false) { proxy in
                try await withClient { client in
                    let digest = BlobDigest(of: bytes)
                    let direct = try RepositoryName("\(registry.host)/app")
                    try await client.pushBlob(digest, size: Int64(bytes.count), to: direct, source: source(bytes))
                    let repository = try RepositoryName("\(proxy.host)/app")
                    var received: [UInt8] = []
                    try await client.fetchBlob(
                        digest, size: Int64(bytes.count), of: repository, restart: { received = [] }
                    ) { received += $0 }
                    let isWhole = received == bytes
                    #expect(isWhole)
                    var rest: [UInt8] = []
                    try await client.fetchBlob(
                        digest, size: Int64(bytes.count), of: repository, from: 11 << 20, restart: { rest = [] }
                    ) { rest += $0 }
                    let isRest = rest == Array(bytes[(11 << 20)...])
                    #expect(isRest)
                }
            }
        }
    }
}
