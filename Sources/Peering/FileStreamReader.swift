// Takes the files of a body into the store: each is whole and has its digest, or it is not there.
import BlobStore
import Digests
import HTTPMessages

struct FileStreamReader {
    /// Bytes of one file of a context.
    static let fileBytesMax: Int64 = 8 << 30

    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    private let blobs: BlobFolder
    private var unread: ArraySlice<UInt8> = []

    init(_ blobs: BlobFolder) { self.blobs = blobs }

    /// Reads `body` to its end. The number of files.
    mutating func read(_ body: Body) async throws -> Int {
        var count = 0
        while try await fill(body, atLeast: FileStream.headBytes) {
            guard let head = FileStream.Head(unread.prefix(FileStream.headBytes)) else {
                throw Refusal(description: "file \(count + 1) of the stream has no length that a file has")
            }
            unread = unread.dropFirst(FileStream.headBytes)
            guard head.byteCount <= Self.fileBytesMax else {
                throw Refusal(
                    description:
                        "the file \(head.digest) has \(head.byteCount) bytes, at most \(Self.fileBytesMax) are taken")
            }
            try await take(head, from: body)
            count += 1
        }
        guard unread.isEmpty else { throw Refusal(description: "the stream ends in the head of a file") }
        return count
    }

    /// False when the body ends first.
    private mutating func fill(_ body: Body, atLeast count: Int) async throws -> Bool {
        while unread.count < count {
            guard let piece = try await body.next() else { return false }
            unread += piece
        }
        return true
    }

    private mutating func take(_ head: FileStream.Head, from body: Body) async throws {
        let writer = try blobs.begin(expecting: head.digest, size: head.byteCount)
        var left = head.byteCount
        while left > 0 {
            guard try await fill(body, atLeast: 1) else {
                throw Refusal(description: "the stream ends in the file \(head.digest)")
            }
            let part = unread.prefix(Int(min(left, Int64(unread.count))))
            try writer.append(Array(part))
            unread = unread.dropFirst(part.count)
            left -= Int64(part.count)
        }
        _ = try writer.finish()
    }
}
