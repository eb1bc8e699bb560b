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
}

extension RegistryClient {
    /// True when `repository` has the blob.
    package func blobExists(_ digest: BlobDigest, of repository: RepositoryName) async throws -> Bool {
        let asked = Asked(what: "ask for the blob \(digest) of \(repository)", host: repository.registry)
        let endpoint = try await endpoint(repository.registry, asked)
        return try await hasBlob(digest, repository, endpoint, Scope(repository.path, .pull), asked)
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
    package func fetchBlob(
        _ digest: BlobDigest, size: Int64, of repository: RepositoryName, from offset: Int64 = 0,
        into sink: (_ chunk: [UInt8]) async throws -> Void
    ) async throws {
        let asked = Asked(what: "get the blob \(digest) of \(repository)", host: repository.registry, isForBlob: true)
        guard (0...Descriptor.sizeMax).contains(size), (0...size).contains(offset) else {
            throw RegistryError(.unusable, asked, reason: "there is no byte \(offset) in \(size) bytes")
        }
        var receipt = BlobReceipt(digest, size: size, offset: offset)
        var served = repository.registry
        if offset < size {
            let endpoints = try await endpointsForReading(repository, asked)
            for (index, endpoint) in endpoints.enumerated() {
                served = endpoint.name
                do {
                    try await fetch(
                        &receipt, repository, endpoint, Asked(what: asked.what, host: served, isForBlob: true), sink)
                    break
                } catch let error as RegistryError where index < endpoints.count - 1 {
                    configuration.logger.info("a mirror didn't serve", metadata: ["reason": "\(error)"])
                }
            }
        }
        if let hasher = receipt.hasher.take() {
            let actual = BlobDigest(finishing: hasher)
            guard actual == digest else {
                throw RegistryError(
                    .broken, Asked(what: asked.what, host: served),
                    reason: "the bytes that came have the digest \(actual)")
            }
        }
    }

    private func fetch(
        _ receipt: inout BlobReceipt, _ repository: RepositoryName, _ endpoint: Endpoint, _ asked: Asked,
        _ sink: (_ chunk: [UInt8]) async throws -> Void
    ) async throws {
        var plan = RetryPlan(configuration.bounds)
        var losses = 0
        while receipt.received < receipt.size {
            var request = Request(.GET, endpoint.api("\(repository.path)/blobs/\(receipt.digest)"))
            if receipt.received > 0 { request.headers.add(name: "Range", value: "bytes=\(receipt.received)-") }
            let answer = try await perform(request, endpoint, Scope(repository.path, .pull), asked)
            guard let failure = try await receive(answer, &receipt, asked, sink) else { return }
            losses += 1
            guard losses <= configuration.bounds.blobResumptionsMax else { throw failure.error(asked) }
            let delay = next(&plan, .failed) ?? RetryPlan.delayMax
            try await pause(delay, "a blob's connection was lost, resuming", asked, failure.reason)
        }
    }

    /// Nil when the blob is complete, else how the connection was lost.
    private func receive(
        _ answer: Answer, _ receipt: inout BlobReceipt, _ asked: Asked,
        _ sink: (_ chunk: [UInt8]) async throws -> Void
    ) async throws -> LinkFailure? {
        var skipped = try start(answer, receipt, asked)
        var iterator = answer.body.makeAsyncIterator()
        while true {
            let buffer: ByteBuffer?
            do {
                buffer = try await iterator.next()
            } catch {
                return try LinkFailure.from(error)
            }
            guard var buffer else { break }
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
        return receipt.received == receipt.size ? nil : LinkFailure(reason: "the blob ended early")
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
