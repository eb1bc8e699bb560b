// Files from the web, for a Dockerfile's ADD: http and https only, bounded, checked when a checksum is given.
import AsyncHTTPClient
package import Digests
import Images
import Logging
import NIOCore
import NIOHTTP1
package import SystemPackage

/// Fetches single files over the connections of a registry client, without its credentials: only with those that an
/// address bears itself.
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
        /// The last part of the address's path, as BuildKit names it.
        package let name: String
    }

    /// Fetches `url` into the new file `path` (mode 0600), which is removed again when this throws.
    ///
    /// A redirect from https to http is followed only with a `checksum`. A file whose digest isn't `checksum`, or of more
    /// than `bytesMax` bytes, is an error. The name and password of `http://name:password@host/file` go to that host
    /// only, and into no message. Errors of the file itself are `DownloadError`s.
    package func fetch(
        _ url: String, into path: FilePath, checksum: BlobDigest? = nil, bytesMax: Int64 = fileBytesMax
    ) async throws -> File {
        guard let source = SourceAddress(url) else {
            let asked = Asked(what: "fetch \(PrintableText.quoted(SourceAddress.redacted(url)))", host: "its server")
            throw RegistryError(.unusable, asked, reason: "it isn't an http or https address")
        }
        let address = source.address
        let asked = Asked(what: "fetch \(address)", host: address.hostAndPort)
        var request = Request(.GET, address)
        request.mayLeaveTLS = checksum != nil
        if let authorization = source.authorization {
            request.headers.add(name: "Authorization", value: authorization)
        }
        let target = try DownloadedFile(path, bytesMax: bytesMax)
        do {
            let fetched = try await fetch(request, into: target, asked)
            if let checksum, fetched.digest != checksum { throw Self.wrong(fetched.digest, checksum, asked) }
            try target.close()
            return fetched
        } catch {
            target.discard()
            throw error
        }
    }

    /// The whole file, begun anew whenever its connection is lost.
    private func fetch(_ request: Request, into target: DownloadedFile, _ asked: Asked) async throws -> File {
        try await client.configuration.repeating("a server answered with a passing error", asked) {
            let answer = try await client.exchange.send(request, asked)
            guard answer.status == 200 else {
                await client.exchange.discard(answer)
                let kind: RegistryError.Kind = answer.status == 404 ? .notFound : .refused
                let error = RegistryError(kind, asked, status: answer.status, reason: "the server refused")
                return .refused(error, .init(status: answer.status, answer.headers))
            }
            if let length = answer.contentLength, length > target.bytesMax { throw target.tooLarge(asked) }
            let (digest, size) = try await copy(answer, target, asked)
            return .done(
                File(
                    digest: digest, size: size,
                    lastModified: answer.header("Last-Modified").flatMap { HTTPDate.seconds($0) },
                    name: DownloadName.name(of: request.address)))
        }
    }

    private func copy(_ answer: Answer, _ target: DownloadedFile, _ asked: Asked) async throws -> (BlobDigest, Int64) {
        try target.begin()
        var hasher = Hasher()
        var iterator = answer.body.makeAsyncIterator()
        var rate = RateWatch(client.configuration.bounds)
        while true {
            let next: ByteBuffer?
            do {
                let asking = client.configuration.timing.now()
                next = try await iterator.next()
                if let next { try rate.take(next.readableBytes, after: client.configuration.timing.now() - asking) }
            } catch {
                throw try LinkFailure.from(error)
            }
            guard let buffer = next else { return (BlobDigest(finishing: hasher), target.size) }
            let chunk = Array(buffer.readableBytesView)
            hasher.update(chunk)
            try target.append(chunk, asked)
        }
    }

    private static func wrong(_ actual: BlobDigest, _ checksum: BlobDigest, _ asked: Asked) -> RegistryError {
        RegistryError(
            .broken, asked, status: 200, reason: "it has the checksum \(actual) and not \(checksum)",
            advice: "Check what the address serves now, then correct the checksum.")
    }
}
