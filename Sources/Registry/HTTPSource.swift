// Files from the web, for a Dockerfile's ADD: http and https only, bounded, checked when a checksum is given.
import AsyncHTTPClient
package import Digests
import Images
import Logging
import NIOCore
import NIOHTTP1
package import SystemPackage

/// Fetches single files over the connections of a registry client, always without credentials.
package struct HTTPSource: Sendable {
    private let client: RegistryClient

    /// Largest file taken unless the caller says otherwise, in bytes.
    package static let fileBytesMax: Int64 = 16 << 30

    package init(sharing client: RegistryClient) { self.client = client }

    /// What was fetched, beside the bytes.
    package struct File: Hashable, Sendable {
        package let digest: BlobDigest
        /// Bytes.
        package let size: Int64
        /// Unix seconds of `Last-Modified`; nil when there is none.
        package let lastModified: Int64?
        /// The last part of the address's path; where it has none, what the server says, else `download`.
        package let name: String
    }

    /// Fetches `url` into the new file `path` (mode 0600), which is removed again when this throws.
    ///
    /// A redirect from https to http is followed only with a `checksum`. A file whose digest isn't `checksum`, or of more
    /// than `bytesMax` bytes, is an error.
    package func fetch(
        _ url: String, into path: FilePath, checksum: BlobDigest? = nil, bytesMax: Int64 = fileBytesMax
    ) async throws -> File {
        guard let address = WebAddress(url) else {
            let asked = Asked(what: "fetch \(PrintableText.quoted(url))", host: "its server")
            throw RegistryError(
                .unusable, asked, reason: "it isn't an http or https address, or it holds a name or password")
        }
        let asked = Asked(what: "fetch \(address)", host: address.hostAndPort)
        var request = Request(.GET, address)
        request.mayLeaveTLS = checksum != nil
        let answer = try await answer(request, asked)
        if let length = answer.contentLength, length > bytesMax { throw Self.tooLarge(asked, bytesMax) }
        let (digest, size) = try await write(answer, path, bytesMax, asked)
        if let checksum, digest != checksum {
            try? FileSystemCall.remove(path)
            throw RegistryError(
                .broken, asked, status: answer.status, reason: "it has the checksum \(digest) and not \(checksum)",
                advice: "Check what the address serves now, then correct the checksum.")
        }
        return File(
            digest: digest, size: size,
            lastModified: answer.header("Last-Modified").flatMap { HTTPDate.seconds($0) },
            name: DownloadName.name(of: address, disposition: answer.header("Content-Disposition")))
    }

    private func answer(_ request: Request, _ asked: Asked) async throws -> Answer {
        var plan = RetryPlan(client.configuration.bounds)
        while true {
            do {
                let answer = try await client.exchange.send(request, asked)
                if answer.status == 200 { return answer }
                await client.exchange.discard(answer)
                let kind: RegistryError.Kind = answer.status == 404 ? .notFound : .refused
                let error = RegistryError(kind, asked, status: answer.status, reason: "the server refused")
                guard [429, 500, 502, 503, 504].contains(answer.status),
                    let delay = client.next(&plan, .toldToWait(retryAfter: RetryAfter.duration(answer.headers)))
                else { throw error }
                try await client.pause(delay, "a server answered with a passing error", asked, "\(answer.status)")
            } catch let failure as LinkFailure {
                guard failure.tls == .none, let delay = client.next(&plan, .failed) else { throw failure.error(asked) }
                try await client.pause(delay, "a connection failed", asked, failure.reason)
            }
        }
    }

    private func write(
        _ answer: Answer, _ path: FilePath, _ bytesMax: Int64, _ asked: Asked
    ) async throws -> (BlobDigest, Int64) {
        let file = try SystemPackage.FileDescriptor.open(
            path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
        do {
            let result = try await copy(answer, file, bytesMax, asked)
            try file.close()
            return result
        } catch {
            try? file.close()
            try? FileSystemCall.remove(path)
            if let failure = error as? LinkFailure { throw failure.error(asked) }
            throw error
        }
    }

    private func copy(
        _ answer: Answer, _ file: SystemPackage.FileDescriptor, _ bytesMax: Int64, _ asked: Asked
    ) async throws -> (BlobDigest, Int64) {
        var hasher = Hasher()
        var size: Int64 = 0
        var iterator = answer.body.makeAsyncIterator()
        while true {
            let chunk: [UInt8]
            do {
                guard let buffer = try await iterator.next() else { break }
                chunk = Array(buffer.readableBytesView)
            } catch {
                throw try LinkFailure.from(error)
            }
            size += Int64(chunk.count)
            guard size <= bytesMax else { throw Self.tooLarge(asked, bytesMax) }
            hasher.update(chunk)
            try file.writeAll(chunk)
        }
        return (BlobDigest(finishing: hasher), size)
    }

    private static func tooLarge(_ asked: Asked, _ bytesMax: Int64) -> RegistryError {
        RegistryError(.tooLarge, asked, reason: "it has more than \(bytesMax) bytes")
    }
}
