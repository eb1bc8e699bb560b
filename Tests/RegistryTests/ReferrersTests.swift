// What refers to a manifest in registries that list it, in those that do not, and in those that lie.
import Digests
import Images
import Testing

@testable import Registry

private let subject = BlobDigest(of: [1])
private let listPath = "/v2/app/referrers/\(subject)"
private let tagPath = "/v2/app/manifests/sha256-\(subject.hex)"

private func entry(_ number: UInt8, type: String = "application/x") -> String {
    """
    {"mediaType":"\(MediaType.ociManifest.name)","digest":"\(BlobDigest(of: [number]))","size":\(number),\
    "artifactType":"\(type)","annotations":{"of":"\(number)"}}
    """
}

private func index(_ entries: [String]) -> String {
    #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex.name)","manifests":[\#(entries.joined(separator: ","))]}"#
}

@Suite struct `What refers to a manifest` {
    /// The sizes of what is found, which are the numbers of `entry`.
    private func found(
        bounds: RegistryBounds = RegistryBounds(), _ script: @escaping @Sendable (ServedRequest) -> Reply
    ) async throws -> (sizes: [Int64], error: RegistryError?, targets: [String]) {
        try await ScriptedServer.run({ request, _ in request.path == "/v2/" ? .answer(200) : script(request) }) {
            server in
            var configuration = RegistryConfiguration.test()
            configuration.bounds = bounds
            return try await withClient(configuration) { client in
                var sizes: [Int64] = []
                let error = try await registryError {
                    let repository = try RepositoryName("\(server.host)/app")
                    sizes = try await client.referrers(of: subject, in: repository).map(\.size)
                }
                return (sizes, error, server.requests.dropFirst().map(\.target))
            }
        }
    }

    @Test func `is what the registry lists, page by page`() async throws {
        let result = try await found { request in
            switch request.target {
            case listPath: .json(200, index([entry(1), entry(2)]), ["Link": "<\(listPath)?page=2>; rel=\"next\""])
            case listPath + "?page=2": .json(200, index([entry(3)]))
            default: .answer(500)
            }
        }
        #expect(result.sizes == [1, 2, 3] && result.error == nil)
        #expect(result.targets == [listPath, listPath + "?page=2"])
    }

    @Test func `is what stands at a tag where there are no lists`() async throws {
        let result = try await found { request in
            request.target == tagPath ? .json(200, index([entry(1)])) : .answer(404)
        }
        #expect(result.sizes == [1] && result.error == nil)
        #expect(result.targets == [listPath, tagPath])
    }

    @Test(arguments: [
        Reply.answer(404), .json(200, #"{"schemaVersion":2,"config":{},"layers":[]}"#),
        .json(200, #"{"mediaType":"application/x","manifests":[]}"#), .json(200, "no JSON"),
    ])
    func `is nothing where no index stands at the tag`(_ reply: Reply) async throws {
        let result = try await found { $0.target == tagPath ? reply : .answer(404) }
        #expect(result.sizes.isEmpty && result.error == nil && result.targets.count == 2)
    }

    @Test func `is not guessed where the registry fails`() async throws {
        for status in [403, 405] {
            let result = try await found { _ in .answer(status) }
            #expect(result.error?.status == status && result.targets == [listPath])
        }
        let result = try await found { $0.target == listPath ? .answer(404) : .answer(403) }
        #expect(result.error?.kind == .forbidden)
        #expect(try await found { _ in .json(200, "no JSON") }.error?.kind == .unusable)
    }

    @Test func `is left out where no manifest can be so`() async throws {
        let odd = [
            entry(2, type: "no type"), #"{"digest":"\#(subject)"}"#, "7", #"{"mediaType":"a/b","digest":"x","size":1}"#,
            entry(4).replacing("\"size\":4", with: "\"size\":99999999"),
        ]
        #expect(try await found { _ in .json(200, index(odd + [entry(3)])) }.sizes == [3])
    }

    @Test func `is bounded`() async throws {
        let circle = try await found { request in
            .json(200, index([]), ["Link": "<\(listPath)>; rel=\"next\""])
        }
        #expect(circle.error?.kind == .unusable && circle.targets.count == 1)
        let elsewhere = try await found { _ in
            .json(200, index([]), ["Link": "<http://other.example\(listPath)>; rel=\"next\""])
        }
        #expect(elsewhere.error?.kind == .unusable)
        var bounds = RegistryBounds()
        bounds.referrerPagesMax = 3
        let many = try await found(bounds: bounds) { request in
            .json(200, index([]), ["Link": "<\(request.target)x?>; rel=\"next\""])
        }
        #expect(many.error?.kind == .tooLarge && many.targets.count == 3)
        bounds = RegistryBounds()
        bounds.referrersBytesMax = 2_000
        let long = try await found(bounds: bounds) { request in
            .json(200, index([entry(1), entry(2)]), ["Link": "<\(request.target)x?>; rel=\"next\""])
        }
        #expect(long.error?.kind == .tooLarge && long.targets.count < 5)
        bounds.referrersBytesMax = 1 << 20
        bounds.referrerStringsMax = 15
        #expect(try await found(bounds: bounds) { _ in .json(200, index([entry(1)])) }.error == nil)
        let strings = try await found(bounds: bounds) { _ in .json(200, index([entry(1), entry(2)])) }
        #expect(strings.error?.kind == .tooLarge)
    }
}
