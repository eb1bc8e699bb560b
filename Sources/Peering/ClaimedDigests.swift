// The digests of a blob's parts as a holder says them, line by line.
import Digests
import HTTPMessages

struct ClaimedDigests: Sendable {
    private let body: Body
    private var left: Int
    private var unread: ArraySlice<UInt8> = []

    init(_ body: Body, count: Int) {
        self.body = body
        left = count
    }

    /// Nil at the end.
    mutating func next() async throws -> BlobDigest? {
        guard left > 0 else { return nil }
        while unread.count < PartDigests.lineBytes {
            guard let piece = try await body.next() else { return nil }
            unread += piece
        }
        let line = unread.prefix(PartDigests.lineBytes)
        unread = unread.dropFirst(PartDigests.lineBytes)
        guard let digest = BlobDigest(hex: String(decoding: line.dropLast(), as: UTF8.self)) else {
            throw NodeTrouble("a line that is no digest")
        }
        left -= 1
        return digest
    }
}
