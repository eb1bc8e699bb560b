// A peer or upstream that does what a test tells it to, and counts what it is asked.
import Digests
import HTTPMessages
import Images
import Synchronization

@testable import RegistryServer

struct Unreachable: Error {}

final class Elsewhere: MissingContents {
    struct State {
        /// By repo, and tag or digest.
        var manifests: [String: [UInt8]] = [:]
        var blobs: [BlobDigest: [UInt8]] = [:]
        /// Repos whose blobs these are; nil: all.
        var blobRepo: String?
        /// What is sent instead of a blob's bytes.
        var lies: [BlobDigest: [UInt8]] = [:]
        /// The next bodies are cut after so many bytes.
        var cuts: [Int] = []
        var isUnreachable = false
        var contentType: MediaType?
        var peers: [ListSource] = []
        /// By repo.
        var upstreamTags: [String: [String]] = [:]
        var referrers: ListSource?
        /// Whether the last list of referrers was a new one.
        var isNewList: Bool?
        /// Bodies wait for the test to write them.
        var isGated = false
        var gates: [Body] = []

        var manifestQuestions = 0
        var blobQuestions = 0
        /// Offsets that bodies were opened at.
        var opened: [Int64] = []
        var wrong: [MissingSource] = []
    }

    let state = Mutex(State())
    static let source = MissingSource.upstream("registry.example")

    func change<Result>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }

    func add(_ image: TestImage, to repo: String, tag: String) {
        change { state in
            state.manifests["\(repo)/\(tag)"] = image.manifest.bytes
            state.manifests["\(repo)/\(image.manifest.digest)"] = image.manifest.bytes
            state.blobs[image.config.digest] = image.config.bytes
            state.blobs[BlobDigest(of: image.layer)] = image.layer
        }
    }

    func manifest(
        _ reference: ManifestReference, of repo: RepoName, known: BlobDigest?
    ) async throws -> MissingManifest {
        let (bytes, type, isUnreachable) = change { state in
            state.manifestQuestions += 1
            return (state.manifests["\(repo)/\(reference)"], state.contentType, state.isUnreachable)
        }
        await Task.yield()
        if isUnreachable { throw Unreachable() }
        guard let bytes else { return .absent }
        if BlobDigest(of: bytes) == known { return .unchanged }
        return .found(bytes: bytes, contentType: type, source: Self.source)
    }

    func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> MissingBlob? {
        let (bytes, isUnreachable) = change { state -> ([UInt8]?, Bool) in
            state.blobQuestions += 1
            guard state.blobRepo == nil || state.blobRepo == repo.text else { return (nil, state.isUnreachable) }
            return (state.blobs[digest], state.isUnreachable)
        }
        if isUnreachable { throw Unreachable() }
        guard let bytes else { return nil }
        return MissingBlob(size: Int64(bytes.count), source: Self.source) { offset, take in
            let body = self.open(digest, at: offset)
            defer { body.abandon() }
            while let piece = try await body.next() { try await take(piece) }
        }
    }

    private func open(_ digest: BlobDigest, at offset: Int64) -> Body {
        change { state in
            state.opened.append(offset)
            let body = Body()
            if state.isGated {
                state.gates.append(body)
                return body
            }
            let bytes = (state.lies[digest] ?? state.blobs[digest] ?? []).dropFirst(Int(offset))
            guard !state.cuts.isEmpty else {
                body.offer(Array(bytes))
                body.finish()
                return body
            }
            body.offer(Array(bytes.prefix(state.cuts.removeFirst())))
            body.fail(Body.Failure.broken("cut"))
            return body
        }
    }

    var listSources: [ListSource] { change { $0.peers } }

    func upstreamTags(of repo: RepoName, isNewList: Bool) async throws -> [String]? {
        let (tags, isUnreachable) = change { ($0.upstreamTags[repo.text], $0.isUnreachable) }
        if isUnreachable { throw Unreachable() }
        return tags
    }

    func upstreamReferrers(of subject: BlobDigest, in repo: RepoName, isNewList: Bool) throws -> ListSource? {
        change { state in
            state.isNewList = isNewList
            return state.referrers
        }
    }

    func gaveWrongBytes(_ digest: BlobDigest, source: MissingSource) async {
        change { $0.wrong.append(source) }
    }

    /// The body that was opened last, once there are `count`.
    func gate(_ count: Int = 1) async -> Body {
        while true {
            if let body = change({ $0.gates.count >= count ? $0.gates[count - 1] : nil }) { return body }
            await Task.yield()
        }
    }
}
