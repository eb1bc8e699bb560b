// Many files in one body: 32 bytes of SHA-256, 8 bytes of length (big-endian), the bytes; one after the other.
import Digests
import FileTrees
import HTTPMessages

// Safety: bytes are copied within one call.

enum FileStream {
    static let headBytes = 40

    /// The head of one file.
    struct Head {
        let digest: BlobDigest
        let byteCount: Int64

        init(digest: BlobDigest, byteCount: Int64) {
            self.digest = digest
            self.byteCount = byteCount
        }

        /// Nil for a length that no file has.
        init?(_ bytes: ArraySlice<UInt8>) {
            let count = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard let digest = BlobDigest(hex: Self.hex(bytes.prefix(32))), let byteCount = Int64(exactly: count) else {
                return nil
            }
            self.init(digest: digest, byteCount: byteCount)
        }

        var bytes: [UInt8] {
            let digits = Array(digest.hex.utf8)
            let values = digits.map { $0 < UInt8(ascii: "a") ? $0 - UInt8(ascii: "0") : $0 - UInt8(ascii: "a") + 10 }
            let name = stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
            return name + (0..<8).map { UInt8(truncatingIfNeeded: byteCount >> Int64(56 - 8 * $0)) }
        }

        private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }
    }
}

/// Writes files into a body while they are read. Lives on a thread that may block: it waits while the body is full.
struct FileStreamSink: FileSink {
    /// Bytes that are put into the body at a time.
    private static let pieceBytes = 128 << 10

    private let body: Body
    private let digests: [BlobDigest]
    private let wait: () throws -> Void
    private var piece: [UInt8] = []

    /// - Parameter wait: passes some milliseconds; throws when the work was cancelled.
    init(_ body: Body, _ digests: [BlobDigest], wait: @escaping () throws -> Void) {
        self.body = body
        self.digests = digests
        self.wait = wait
    }

    mutating func begin(_ index: Int, byteCount: Int) throws {
        piece += FileStream.Head(digest: digests[index], byteCount: Int64(byteCount)).bytes
    }

    mutating func take(_ bytes: RawSpan) throws {
        unsafe bytes.withUnsafeBytes { unsafe piece += $0 }
        if piece.count >= Self.pieceBytes { try flush() }
    }

    mutating func end() throws { if piece.count >= Self.pieceBytes { try flush() } }

    mutating func flush() throws {
        while body.isFull { try wait() }
        guard body.offer(piece) else { throw Body.Failure.broken("nobody reads it any more") }
        piece = []
    }
}
