// Fetches blobs: streamed as the receiver takes them, resumed where a connection broke, verified at the end.
import AsyncHTTPClient
package import Digests
package import Images
import Logging
import NIOCore
import NIOHTTP1

/// What has arrived of one blob.
private struct BlobReceipt: ~Copyable {
    let digest: BlobDigest
    let size: Int64
    var received: Int64
    /// Nil when the beginning came earlier and the caller holds its hash.
    var hasher: Hasher?

    init(_ digest: BlobDigest, size: Int64, offset: Int64) {
        self.digest = digest
        self.size = size
        received = offset
        hasher = offset == 0 ? Hasher() : nil
    }

    mutating func take(_ bytes: [UInt8]) {
        received += Int64(bytes.count)
        hasher?.update(bytes)
    }

    /// Call once, when all is there.
    mutating func verify(_ asked: Asked) throws(RegistryError) {
        guard let hasher = hasher.take() else { return }
        let actual = BlobDigest(finishing: hasher)
        guard actual == digest else {
            throw RegistryError(.broken, asked, reason: "the bytes that came have the digest \(actual)")
        }
    }
}

/// How a blob's connection ended before the blob did.
private struct BlobLoss {
    let failure: LinkFailure
    /// The answer had an end of its own, which came too early: a registry that says so twice has no more.
    let isCleanEnd: Bool
}

extension RegistryClient {
    /// True when `repository` has the blob.
    package func blobExists(_ digest: BlobDigest, of repository: RepositoryName) async throws -> Bool {
        let asked = Asked(what: "ask for the blob \(digest) of \(repository)", host: repository.registry)
        let endpoint = try await endpoint(repository.registry, asked)
        return try await hasBlob(digest, repository, endpoint, Scope(repository.path, .pull), asked)
    }

    /// The blob's size in bytes as the registry says; nil when `repository` has no such blob.
    package func blobSize(_ digest: BlobDigest, of repository: RepositoryName) async throws -> Int64? {
        let asked = Asked(what: "ask for the size of the blob \(digest) of \(repository)", host: repository.registry)
        return try await reading(repository, asked) { endpoint in
            let answer = try await perform(
                Request(.HEAD, endpoint.api("\(repository.path)/blobs/\(digest)")), endpoint,
                Scope(repository.path, .pull), asked, accepting: [404])
            await exchange.discard(answer)
            guard answer.status != 404 else { return nil }
            guard let size = answer.contentLength, (0...Descriptor.sizeMax).contains(size) else {
                throw RegistryError(.unusable, asked, status: answer.status, reason: "it does not say how large it is")
            }
            return size
        }
    }

    func hasBlob(
        _ digest: BlobDigest, _ repository: RepositoryName, _ endpoint: Endpoint, _ scope: Scope, _ asked: Asked
    ) async throws -> Bool {
        let request = Request(.HEAD, endpoint.api("\(repository.path)/blobs/\(digest)"))
        let answer = try await perform(request, endpoint, scope, asked, accepting: [404])
        await exchange.discard(answer)
        return answer.status != 404
    }

    /// Gives the blob's bytes from `offset` to its end to `sink`, in order; the next chunk is read when `sink` is done
    /// with the one before. The chunks can be trusted only when this returns, and only with `offset` 0: later
    /// bytes alone can't be verified, so that the caller then checks the digest of the whole. Errors of `sink` are
    /// thrown as they are.
    ///
    /// `restart` says that the bytes so far came from a mirror that is not believed any more, those before `offset`
    /// with them: the blob then comes again from its first byte.
    package func fetchBlob(
        _ digest: BlobDigest, size: Int64, of repository: RepositoryName, from offset: Int64 = 0,
        restart: () async throws -> Void, into sink: (_ chunk: [UInt8]) async throws -> Void
    ) async throws {
        let asked = Asked(what: "get the blob \(digest) of \(repository)", host: repository.registry, isForBlob: true)
        guard (0...Descriptor.sizeMax).contains(size), (0...size).contains(offset) else {
            throw RegistryError(.unusable, asked, reason: "there is no byte \(offset) in \(size) bytes")
        }
        var receipt = BlobReceipt(digest, size: size, offset: offset)
        guard offset < size else { return try receipt.verify(asked) }
        let endpoints = try await endpointsForReading(repository, asked)
        for mirror in endpoints.dropLast() {
            let before = receipt.received
            do {
                return try await fetch(&receipt, repository, mirror, asked, sink)
            } catch let error as RegistryError {
                passOver(mirror.name, error)
            }
            guard receipt.received > before else { continue }
            try await restart()
            receipt = BlobReceipt(digest, size: size, offset: 0)
        }
        try await fetch(&receipt, repository, endpoints[endpoints.count - 1], asked, sink)
    }

    /// All of it from one endpoint, and verified.
    private func fetch(
        _ receipt: inout BlobReceipt, _ repository: RepositoryName, _ endpoint: Endpoint, _ asked: Asked,
        _ sink: (_ chunk: [UInt8]) async throws -> Void
    ) async throws {
        let asked = Asked(what: asked.what, host: endpoint.name, isForBlob: true)
        var plan = LossPlan(configuration.bounds)
        var cleanEnds = 0
        while receipt.received < receipt.size {
            var request = Request(.GET, endpoint.api("\(repository.path)/blobs/\(receipt.digest)"))
            if receipt.received > 0 { request.headers.add(name: "Range", value: "bytes=\(receipt.received)-") }
            let answer = try await perform(request, endpoint, Scope(repository.path, .pull), asked)
            let before = receipt.received
            guard let loss = try await receive(answer, &receipt, asked, sink) else { break }
            let brought = receipt.received - before
            cleanEnds = brought >= configuration.bounds.blobProgressBytes ? 0 : cleanEnds
            cleanEnds += loss.isCleanEnd ? 1 : 0
            guard cleanEnds < 2 else {
                throw RegistryError(
                    .broken, asked, reason: "it has only \(receipt.received) of its \(receipt.size) bytes")
            }
            guard let delay = plan.delay(afterBringing: brought, jitter: configuration.jitter()) else {
                throw loss.failure.error(asked)
            }
            try await configuration.pause(
                delay, "a blob's connection was lost, resuming", asked, loss.failure.reason)
        }
        try receipt.verify(asked)
    }

    /// Nil when the blob is complete.
    private func receive(
        _ answer: Answer, _ receipt: inout BlobReceipt, _ asked: Asked,
        _ sink: (_ chunk: [UInt8]) async throws -> Void
    ) async throws -> BlobLoss? {
        var skipped = try start(answer, receipt, asked)
        var iterator = answer.body.makeAsyncIterator()
        var rate = RateWatch(configuration.bounds)
        while true {
            let next: ByteBuffer?
            do {
                let asking = configuration.timing.now()
                next = try await iterator.next()
                if let next { try rate.take(next.readableBytes, after: configuration.timing.now() - asking) }
            } catch {
                return BlobLoss(failure: try LinkFailure.from(error), isCleanEnd: false)
            }
            guard var buffer = next else { break }
            let drop = Int(min(skipped, Int64(buffer.readableBytes)))
            buffer.moveReaderIndex(forwardBy: drop)
            skipped -= Int64(drop)
            guard receipt.received + Int64(buffer.readableBytes) <= receipt.size else {
                throw RegistryError(.broken, asked, reason: "it has more than its \(receipt.size) bytes")
            }
            guard buffer.readableBytes > 0 else { continue }
            let chunk = Array(buffer.readableBytesView)
            receipt.take(chunk)
            try await sink(chunk)
        }
        guard receipt.received < receipt.size else { return nil }
        return BlobLoss(failure: LinkFailure(reason: "the blob ended early"), isCleanEnd: true)
    }

    /// How many bytes to skip: a registry that doesn't know ranges sends everything again.
    private func start(_ answer: Answer, _ receipt: borrowing BlobReceipt, _ asked: Asked) throws -> Int64 {
        let skipped: Int64
        if answer.status == 206 {
            let range = answer.header("Content-Range") ?? ""
            guard range.hasPrefix("bytes \(receipt.received)-") else {
                throw RegistryError(
                    .unusable, asked, status: 206,
                    reason: "asked for byte \(receipt.received), it sends \(PrintableText.quoted(range))")
            }
            skipped = 0
        } else {
            skipped = receipt.received
        }
        let expected = receipt.size - receipt.received + skipped
        if let length = answer.contentLength, length != expected {
            throw RegistryError(
                .broken, asked, status: answer.status, reason: "it has \(length) bytes where \(expected) were expected")
        }
        return skipped
    }
}
