// Pushes blobs: not at all when they are there, by mount, in one request, or in a session that survives lost connections.
package import Digests
package import Images
import Logging
import NIOHTTP1
import Synchronization

/// How a blob got into the repository.
package enum BlobPush: Hashable, Sendable {
    case existed, mounted, uploaded
}

/// One blob on its way up.
private struct BlobUpload {
    let digest: BlobDigest
    let size: Int64
    let repository: RepositoryName
    let endpoint: Endpoint
    let scope: Scope
    let asked: Asked
    let source: BlobSource
    let progress: @Sendable (Int64) -> Void
    /// Bytes that connections took, repeated ones included.
    let sent = SentBytes()

    func range(from start: Int64) -> RequestBody {
        sent.begin(at: start)
        return .blob(
            BlobRange(source: source, start: start, end: size) { [sent, progress] offset in
                sent.advance(to: offset)
                progress(offset)
            })
    }
}

private final class SentBytes: Sendable {
    private let state = Mutex<(offset: Int64, count: Int64)>((0, 0))

    var count: Int64 { state.withLock { $0.count } }

    func begin(at offset: Int64) { state.withLock { $0.offset = offset } }

    func advance(to offset: Int64) {
        state.withLock { state in
            state.count += max(0, offset - state.offset)
            state.offset = offset
        }
    }
}

/// Where an upload stands on the registry.
private struct UploadSession {
    var location: WebAddress
    /// Bytes that the registry has.
    var offset: Int64 = 0
}

extension RegistryClient {
    /// Makes `repository` have the blob, and says how it came there.
    ///
    /// `source` gives the `size` bytes, and may be asked for any part again. With `mountFrom`, a repository of the
    /// same registry, the registry is asked to copy first. `progress` gets the offset up to which bytes were sent,
    /// which goes back when a part is repeated. Errors of `source` are thrown as they are.
    @discardableResult
    package func pushBlob(
        _ digest: BlobDigest, size: Int64, to repository: RepositoryName, mountFrom other: RepositoryName? = nil,
        progress: @escaping @Sendable (Int64) -> Void = { _ in }, source: @escaping BlobSource
    ) async throws -> BlobPush {
        let asked = Asked(what: "push the blob \(digest) to \(repository)", host: repository.registry)
        guard (0...Descriptor.sizeMax).contains(size) else {
            throw RegistryError(.unusable, asked, reason: "\(size) bytes aren't a blob's size")
        }
        let endpoint = try await endpoint(repository.registry, asked)
        let origin = other.flatMap { $0.registry == repository.registry && $0 != repository ? $0.path : nil }
        let upload = BlobUpload(
            digest: digest, size: size, repository: repository, endpoint: endpoint,
            scope: Scope(repository.path, .push, reading: origin), asked: asked, source: source, progress: progress)
        if try await hasBlob(digest, repository, endpoint, upload.scope, asked) { return .existed }
        return try await send(upload, mounting: origin)
    }

    private func send(_ upload: BlobUpload, mounting origin: String?) async throws -> BlobPush {
        guard var session = try await open(upload, mounting: origin) else { return .mounted }
        var plan = LossPlan(configuration.bounds)
        while true {
            let failure: RegistryError
            let before = upload.sent.count
            do {
                try await complete(upload, &session)
                return .uploaded
            } catch let lost as LinkFailure {
                failure = lost.error(upload.asked)
            } catch let refused as RegistryError where Self.isPassing(refused) {
                failure = refused
            }
            // Not what the registry kept: many keep nothing of a session that was cut.
            let brought = upload.sent.count - before
            guard let delay = plan.delay(afterBringing: brought, jitter: configuration.jitter()) else { throw failure }
            try await configuration.pause(delay, "an upload was interrupted", upload.asked, failure.reason)
            // The answer to the last PUT may be what was lost.
            if try await hasBlob(upload.digest, upload.repository, upload.endpoint, upload.scope, upload.asked) {
                return .uploaded
            }
            session = try await resumed(upload, session)
        }
    }

    /// Nil when the blob was mounted.
    private func open(_ upload: BlobUpload, mounting origin: String?) async throws -> UploadSession? {
        var address = upload.endpoint.api("\(upload.repository.path)/blobs/uploads/")
        if let origin {
            address = address.adding("mount", upload.digest.description).adding("from", origin)
        }
        let answer = try await perform(Request(.POST, address), upload.endpoint, upload.scope, upload.asked)
        await exchange.discard(answer)
        if origin != nil, answer.status == 201 { return nil }
        return UploadSession(location: try location(answer, upload))
    }

    /// One PUT for small blobs; else one PATCH with all that is missing, which every registry takes (several
    /// don't take parts), then the PUT that names the digest. Throws `LinkFailure` when the connection is lost.
    private func complete(_ upload: BlobUpload, _ session: inout UploadSession) async throws {
        let isSingle = session.offset == 0 && upload.size <= configuration.bounds.singleUploadBytesMax
        if !isSingle, session.offset < upload.size {
            var patch = Request(.PATCH, session.location)
            patch.headers.add(name: "Content-Type", value: "application/octet-stream")
            if session.offset > 0 {
                patch.headers.add(name: "Content-Range", value: "\(session.offset)-\(upload.size - 1)")
            }
            patch.body = upload.range(from: session.offset)
            let answer = try await sendOnce(patch, upload)
            session.location = try location(answer, upload)
            session.offset = Self.end(answer) ?? upload.size
            guard session.offset == upload.size else {
                throw LinkFailure(reason: "the registry took \(session.offset) of \(upload.size) bytes")
            }
        }
        var put = Request(.PUT, session.location.adding("digest", upload.digest.description))
        put.headers.add(name: "Content-Type", value: "application/octet-stream")
        put.body = isSingle && upload.size > 0 ? upload.range(from: 0) : .bytes([])
        _ = try await sendOnce(put, upload)
    }

    /// The state of the session on the registry, or a new session where it forgot the old one: Docker's registry 2.8
    /// forgets every session whose PATCH was cut.
    private func resumed(_ upload: BlobUpload, _ session: UploadSession) async throws -> UploadSession {
        let answer = try await perform(
            Request(.GET, session.location), upload.endpoint, upload.scope, upload.asked,
            accepting: [400, 404, 405, 416])
        await exchange.discard(answer)
        guard answer.status == 204 || answer.status == 202, let end = Self.end(answer), end <= upload.size else {
            guard let new = try await open(upload, mounting: nil) else { return session }
            return new
        }
        return UploadSession(location: (try? location(answer, upload)) ?? session.location, offset: end)
    }

    /// Sends a part once: whether it may be repeated depends on what arrived.
    private func sendOnce(_ request: Request, _ upload: BlobUpload) async throws -> Answer {
        let answer = try await authorized(request, upload.endpoint, upload.scope, upload.asked)
        guard (200..<300).contains(answer.status) else { throw try await refusal(answer, upload.asked) }
        await exchange.discard(answer)
        return answer
    }

    /// The session's next address; it may be on another host, which then gets no credentials of ours.
    private func location(_ answer: Answer, _ upload: BlobUpload) throws -> WebAddress {
        guard let text = answer.header("Location"), let location = answer.address.resolving(text),
            location.scheme == .https || upload.endpoint.address.scheme == .http
        else {
            throw RegistryError(
                .unusable, upload.asked, status: answer.status, reason: "it doesn't say where to upload to")
        }
        return location
    }

    /// `Range: 0-99` says that 100 bytes are there. Docker's registry says `0-0` for none, too: then one byte is
    /// taken for none, as its own client does.
    private static func end(_ answer: Answer) -> Int64? {
        guard let text = answer.header("Range"), let dash = text.firstIndex(of: "-"),
            let last = Int64(text[text.index(after: dash)...]), (0..<Descriptor.sizeMax).contains(last)
        else { return nil }
        return last == 0 ? 0 : last + 1
    }

    private static func isPassing(_ error: RegistryError) -> Bool {
        switch error.kind {
        case .unavailable, .rateLimited: true
        // The session was lost, or stands elsewhere than we thought.
        case .broken: error.codes.contains("BLOB_UPLOAD_UNKNOWN") || error.codes.contains("BLOB_UPLOAD_INVALID")
        default: error.status == 416
        }
    }
}
