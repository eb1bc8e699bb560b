// Many callers, one fetch: who comes and who goes meanwhile.
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Images
import Synchronization
import Testing

@testable import RegistryServer

@Suite struct `A fetch for many` {
    let scratch: Scratch
    let elsewhere = Elsewhere()
    let registry: CalledRegistry

    init() throws {
        scratch = try Scratch()
        registry = scratch.registry(missing: elsewhere)
    }

    @Test func `is fetched once for all who ask, who read it as it comes`() async throws {
        let blob = pattern(600_000)
        let digest = BlobDigest(of: blob)
        elsewhere.change { state in
            state.blobs[digest] = blob
            state.isGated = true
        }
        let (registry, firstHalf) = (registry, Counter())
        await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<10 {
                group.addTask {
                    let response = await registry.response(.get, "/v2/app/blobs/\(digest)")
                    guard case .stream(_, let make) = response.body else { return [] }
                    let body = Body()
                    async let made: Void = {
                        try await make(body); body.finish()
                    }()
                    var bytes: [UInt8] = []
                    while let piece = try? await body.next() {
                        let before = bytes.count
                        bytes += piece
                        if before < 300_000, bytes.count >= 300_000 { firstHalf.add() }
                    }
                    _ = try? await made
                    return bytes
                }
            }
            let gate = await elsewhere.gate()
            gate.offer(Array(blob[..<300_000]))
            // Nobody waits for the end to get the beginning.
            while firstHalf.value < 10 { await Task.yield() }
            gate.offer(Array(blob[300_000...]))
            gate.finish()
            for await bytes in group {
                let isSame = bytes == blob
                #expect(isSame)
            }
        }
        #expect(elsewhere.change { $0.opened } == [0])
        #expect(registry.service.parts.flights.count == 0)
    }

    @Test func `is fetched on by another when the first one goes away`() async throws {
        let blob = pattern(600_000)
        let digest = BlobDigest(of: blob)
        elsewhere.change { state in
            state.blobs[digest] = blob
            state.isGated = true
        }
        let registry = registry
        let first = Task { await registry(.get, "/v2/app/blobs/\(digest)") }
        let gate = await elsewhere.gate()
        gate.offer(Array(blob[..<200_000]))
        let second = Task { await registry(.get, "/v2/app/blobs/\(digest)") }
        // The second one asked for the size, and so follows the first.
        while elsewhere.change({ $0.blobQuestions }) < 2 { await Task.yield() }
        first.cancel()
        _ = await first.value
        let next = await elsewhere.gate(2)
        let offset = try #require(elsewhere.change { $0.opened.last })
        next.offer(Array(blob[Int(offset)...]))
        next.finish()
        let isSame = await second.value.bytes == blob
        #expect(isSame)
    }

    @Test func `is asked for once when many ask for its size or its tag`() async {
        let image = TestImage("app")
        elsewhere.add(image, to: "app", tag: "v1")
        await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<10 {
                group.addTask { await registry(.get, "/v2/app/manifests/\(image.manifest.digest)").bytes }
            }
            for await bytes in group { #expect(bytes == image.manifest.bytes) }
        }
        #expect(elsewhere.change { $0.manifestQuestions } == 1)
    }
}

final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}
