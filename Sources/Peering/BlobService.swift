// Blobs of the store for peers: layers whole or from an offset, files of contexts many at a time.
package import BlobStore
package import Building
import Digests
import HTTPMessages
import HTTPTypes
import SystemPackage

package struct BlobService: Sendable {
    let store: Store
    private let threads: BlockingThreads
    let arriving: ArrivingBlobs
    let digests: PartDigests
    let fetchers = FetchersAsking()

    /// Bytes of a list of wanted files.
    private static let listBytesMax = 8 << 20
    /// Bytes of one blob that is taken.
    private static let blobBytesMax: Int64 = 64 << 30

    /// - Parameter arriving: what this node is fetching in parts.
    package init(store: Store, threads: BlockingThreads, arriving: ArrivingBlobs) {
        self.store = store
        self.threads = threads
        self.arriving = arriving
        digests = PartDigests(store.blobs, threads)
    }

    private static func digest(_ path: String) -> BlobDigest? { BlobDigest(path.dropFirst(PeerPath.blobs.count)) }

    func send(_ path: String, _ request: ServedRequest) -> ServedResponse {
        guard let digest = Self.digest(path) else { return .text(.badRequest, "\(path) names no blob") }
        guard let size = store.blobs.size(digest), let file = try? store.blobs.open(digest) else {
            return sendArrived(of: digest, request)
        }
        let close: @Sendable () -> Void = { try? file.close() }
        guard let range = Self.range(request.head, of: size) else {
            close()
            return .text(.rangeNotSatisfiable, "\(digest) has \(size) bytes")
        }
        var head = HTTPResponse(status: request.head.headerFields[.range] == nil ? .ok : .partialContent)
        head.headerFields[.weftSize] = String(size)
        let part = FilePart(
            descriptor: file.rawValue, offset: range.lowerBound, count: range.upperBound - range.lowerBound,
            close: close)
        return ServedResponse(head, body: .file(part))
    }

    /// `bytes=N-` or `bytes=N-M`; all without it; nil for any other form, and for what is not there.
    static func range(_ head: HTTPRequest, of size: Int64) -> Range<Int64>? {
        guard let text = head.headerFields[.range] else { return 0..<size }
        guard text.hasPrefix("bytes=") else { return nil }
        let words = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 2, let first = Int64(words[0]), (0...size).contains(first) else { return nil }
        if words[1].isEmpty { return first..<size }
        guard let last = Int64(words[1]), (first..<size).contains(last) else { return nil }
        return first..<last + 1
    }

    func take(_ path: String, _ request: ServedRequest) async -> ServedResponse {
        guard let digest = Self.digest(path), let size = request.head.headerFields[.weftSize].flatMap({ Int64($0) }),
            (0...Self.blobBytesMax).contains(size)
        else { return .text(.badRequest, "a blob has a digest, and a size of at most \(Self.blobBytesMax) bytes") }
        return await withTaskExecutorPreference(threads) {
            do {
                if store.blobs.size(digest) == size { return .text(.ok, "it is here") }
                let writer = WriterBox(try store.blobs.begin(expecting: digest, size: size))
                while let piece = try await request.body.next() { try writer.writer.append(piece) }
                _ = try writer.writer.finish()
                return .text(.created, "taken")
            } catch { return Self.refusal(error) }
        }
    }

    func takeFiles(_ request: ServedRequest) async -> ServedResponse {
        await withTaskExecutorPreference(threads) {
            do {
                var reader = FileStreamReader(store.blobs)
                return .text(.created, "\(try await reader.read(request.body)) files")
            } catch { return Self.refusal(error) }
        }
    }

    /// The body names what is wanted, a digest in each line; what is not here is left out.
    func sendFiles(_ request: ServedRequest) async -> ServedResponse {
        let wanted: [BlobDigest]
        do {
            let list = try await request.body.bytes(atMost: Self.listBytesMax)
            wanted = String(decoding: list, as: UTF8.self).split(separator: "\n").compactMap { BlobDigest($0) }
        } catch { return .text(.contentTooLarge, "\(error)") }
        let (blobs, threads) = (store.blobs, threads)
        return ServedResponse(
            HTTPResponse(status: .ok),
            body: .stream(length: nil) { body in
                try await withTaskExecutorPreference(threads) {
                    for digest in wanted { try await Self.send(digest, of: blobs, into: body) }
                }
            })
    }

    // Safety: the buffer lives for one call, and its bytes are copied.
    private static func send(_ digest: BlobDigest, of blobs: BlobFolder, into body: Body) async throws {
        guard let size = blobs.size(digest), let file = try? blobs.open(digest) else { return }
        defer { try? file.close() }
        try await body.write(FileStream.Head(digest: digest, byteCount: size).bytes)
        var left = size
        while left > 0 {
            let piece = try unsafe [UInt8](unsafeUninitializedCapacity: Int(min(left, 128 << 10))) { buffer, count in
                count = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            guard !piece.isEmpty else {
                throw StoreError.wrongSize(of: "blob \(digest)", expected: size, actual: size - left)
            }
            left -= Int64(piece.count)
            try await body.write(piece)
        }
    }

    private static func refusal(_ error: any Error) -> ServedResponse {
        switch error {
        case let error as StoreError where error.isDiskFull: .text(.init(code: 507), "\(error)")
        case is StoreError, is FileStreamReader.Refusal, is Body.Failure: .text(.badRequest, "\(error)")
        default: .text(.internalServerError, "\(error)")
        }
    }
}

/// A blob that grows while its pieces come.
// Safety: one task uses it, one call after the other.
private final class WriterBox: @unchecked Sendable {
    let writer: BlobWriter

    init(_ writer: BlobWriter) { self.writer = writer }
}
