// Pushing blobs: at once, in chunks that go on where a cut connection ended, or by mounting another repo's.
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes

extension RegistryService {
    func beginUpload(_ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.push, repo, request)
        try requireWritable(repo)
        if let mounted = try await mounted(repo, request) { return mounted }
        let digest = try request.digest()
        let (host, start) = (request.served.caller.host, now())
        do {
            try uploads.checkRoom(for: host, now: start)
        } catch {
            counterBook.change { $0.refusedByLimits += 1 }
            throw error
        }
        var generator = SystemRandomNumberGenerator()
        let upload = Upload(
            UploadID(using: &generator), repo: repo, host: host, writer: try contents.beginBlob(), now: start)
        uploads.add(upload)
        guard let digest else { return try Self.state(upload, .accepted) }
        // Without an id that anybody knows there is nothing to go on with.
        defer { uploads.remove(upload) }
        try await receive(request, into: upload, at: nil)
        return try finish(upload, digest)
    }

    /// Nil when there is nothing to mount: then an upload begins.
    private func mounted(_ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse? {
        guard let text = request.query["mount"] else { return nil }
        guard let digest = BlobDigest(text) else { throw RegistryRoute.badDigest(text) }
        guard let source = request.query["from"].flatMap({ RepoName($0) }),
            await rights.may(.pull, source, request.asker) == .allowed,
            try await contents.blob(digest, of: source) != nil
        else { return nil }
        try contents.link(digest, to: repo)
        return .created(at: "/v2/\(repo)/blobs/\(digest)", digest)
    }

    func uploadStatus(_ id: UploadID, _ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.push, repo, request)
        return try Self.state(uploads.find(id, of: repo), .noContent)
    }

    func appendToUpload(_ id: UploadID, _ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.push, repo, request)
        let upload = try uploads.find(id, of: repo)
        try await receive(request, into: upload, at: try Self.start(request))
        return try Self.state(upload, .accepted)
    }

    func finishUpload(_ id: UploadID, _ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.push, repo, request)
        let upload = try uploads.find(id, of: repo)
        guard let digest = try request.digest() else {
            throw RegistryRefusal(.digestInvalid, "the query names no digest")
        }
        try await receive(request, into: upload, at: try Self.start(request))
        defer { uploads.remove(upload) }
        return try finish(upload, digest)
    }

    func cancelUpload(_ id: UploadID, _ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.push, repo, request)
        uploads.remove(try uploads.find(id, of: repo))
        return .empty(.noContent)
    }

    // MARK: Bytes

    /// What came before the connection was cut stays, and the upload can go on there.
    private func receive(_ request: RegistryRequest, into upload: Upload, at start: Int64?) async throws {
        let bytesMax = limits.uploadBytesMax
        guard request.contentLength.map({ $0 <= bytesMax }) ?? true else {
            uploads.remove(upload)
            throw RegistryRefusal(.sizeInvalid, "a blob has at most \(bytesMax) bytes here", status: .contentTooLarge)
        }
        let turn = try upload.takeTurn(at: start)
        do {
            while let piece = try await request.body.next() {
                try upload.append(piece, turn, atMost: bytesMax, now: now())
                counterBook.change { $0.receivedByteCount += Int64(piece.count) }
            }
        } catch let error as Body.Failure {
            throw RegistryRefusal(.uploadInvalid, "\(error); go on from the upload's status")
        } catch let refusal as RegistryRefusal where refusal.status == .conflict {
            throw refusal
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            uploads.remove(upload)
            throw error
        }
    }

    /// Where the bytes belong by their header; nil without one: at the end.
    private static func start(_ request: RegistryRequest) throws -> Int64? {
        guard let text = request.fields[.contentRange] else { return nil }
        guard let range = ContentRange(text), request.contentLength.map({ $0 == range.count }) ?? true else {
            throw RegistryRefusal(.sizeInvalid, "Content-Range is not FIRST-LAST, or does not fit Content-Length")
        }
        return range.first
    }

    private func finish(_ upload: Upload, _ digest: BlobDigest) throws -> ServedResponse {
        do {
            try upload.finish(digest)
        } catch StoreError.corrupt(_, let actual) {
            counterBook.change { $0.wrongUploads += 1 }
            throw RegistryRefusal(.digestInvalid, "the bytes that came are \(actual)")
        }
        try contents.link(digest, to: upload.repo)
        return .created(at: "/v2/\(upload.repo)/blobs/\(digest)", digest)
    }

    private static func state(_ upload: Upload, _ status: HTTPResponse.Status) throws -> ServedResponse {
        .empty(
            status,
            [
                .location: upload.location, .range: Upload.range(try upload.size),
                .uploadID: upload.id.description,
            ])
    }
}
