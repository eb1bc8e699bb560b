// Blobs: whole or in part, from the disk or as they arrive from elsewhere.
import Digests
import HTTPMessages
import HTTPTypes
import SystemPackage

extension RegistryService {
    func blob(_ digest: BlobDigest, _ repo: RepoName, _ request: RegistryRequest) async throws -> ServedResponse {
        try await require(.pull, repo, request)
        guard let place = try await parts.blob(digest, of: repo) else { throw Self.unknown(digest, repo) }
        let size = place.size
        var fields: HTTPFields = [
            .contentDigest: digest.description, .eTag: EntityTags.text(digest), .acceptRanges: "bytes",
            .contentType: "application/octet-stream", .cacheControl: "max-age=31536000",
        ]
        if EntityTags.areKnown(digest, in: request.fields[.ifNoneMatch]) { return .empty(.notModified, fields) }
        switch Self.range(request.fields, digest, size: size) {
        case .whole:
            return ServedResponse(HTTPResponse(status: .ok, headerFields: fields), body: body(place, 0..<size))
        case .part(let range):
            fields[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            return ServedResponse(HTTPResponse(status: .partialContent, headerFields: fields), body: body(place, range))
        case .unsatisfiable:
            throw RegistryRefusal(
                .sizeInvalid, "the blob has \(size) bytes", status: .rangeNotSatisfiable,
                fields: [.contentRange: "bytes */\(size)"])
        }
    }

    /// A range of other bytes than these is none.
    private static func range(_ fields: HTTPFields, _ digest: BlobDigest, size: Int64) -> ByteRange {
        if let condition = fields[.ifRange], condition != EntityTags.text(digest) { return .whole }
        return ByteRange.read(fields[.range], size: size)
    }

    private func body(_ place: PullThrough.BlobPlace, _ range: Range<Int64>) -> ResponseBody {
        switch place {
        case .here(let blob):
            .file(
                FilePart(
                    descriptor: blob.file.rawValue, offset: range.lowerBound, count: Int64(range.count),
                    close: { withExtendedLifetime(blob) {} }))
        case .arriving(let arrival):
            .stream(length: Int64(range.count)) { body in
                do {
                    try await arrival.deliver(range, to: body)
                } catch let error where !Self.isLeaving(error) {
                    log("blob \(arrival.digest) of \(arrival.repo) could not be passed on: \(error)")
                    throw error
                }
            }
        }
    }

    /// The caller gave up: nothing is wrong here.
    private static func isLeaving(_ error: any Error) -> Bool { error is Body.Failure || error is CancellationError }

    static func unknown(_ digest: BlobDigest, _ repo: RepoName) -> RegistryRefusal {
        RegistryRefusal(.blobUnknown, "\(repo) has no blob \(digest)")
    }

    func deleteBlob(
        _ digest: BlobDigest, _ repo: RepoName, _ request: RegistryRequest
    ) async throws -> ServedResponse {
        try await require(.delete, repo, request)
        try requireWritable(repo)
        guard try contents.unlink(digest, from: repo) else { throw Self.unknown(digest, repo) }
        return .empty(.accepted)
    }
}

extension PullThrough.BlobPlace {
    fileprivate var size: Int64 {
        switch self {
        case .here(let blob): blob.size
        case .arriving(let arrival): arrival.found.size
        }
    }
}
