// What goes up with a request; always from memory or a source that can start anywhere, so that it can be repeated.
import AsyncHTTPClient
import NIOCore

/// Bytes of a blob that is to be pushed.
///
/// Called with an offset and the most bytes wanted, any number of times and from any offset; gives at least one byte
/// before the blob's end.
package typealias BlobSource = @Sendable (_ offset: Int64, _ countMax: Int) async throws -> [UInt8]

enum RequestBody: Sendable {
    case none
    case bytes([UInt8])
    case blob(BlobRange)

    var streamed: HTTPClientRequest.Body? {
        switch self {
        case .none: nil
        case .bytes(let bytes): .bytes(ByteBuffer(bytes: bytes))
        case .blob(let range): .stream(range, length: .known(range.end - range.start))
        }
    }

    /// The longest that sending a blob may take.
    func duration(slowest bytesPerSecond: Int64) -> Duration {
        guard case .blob(let range) = self else { return .zero }
        return .seconds((range.end - range.start) / bytesPerSecond)
    }
}

/// A part of a blob, read as the connection takes it.
struct BlobRange: AsyncSequence, Sendable {
    let source: BlobSource
    let start: Int64
    let end: Int64
    /// Told the offset up to which bytes were handed to the connection.
    let progress: @Sendable (Int64) -> Void

    /// Bytes read from the source at once.
    static let chunkBytes = 256 << 10

    func makeAsyncIterator() -> Iterator { Iterator(range: self, offset: start) }

    struct Iterator: AsyncIteratorProtocol {
        let range: BlobRange
        var offset: Int64

        mutating func next() async throws -> ByteBuffer? {
            guard offset < range.end else { return nil }
            let countMax = Int(Swift.min(Int64(BlobRange.chunkBytes), range.end - offset))
            let bytes: [UInt8]
            do {
                bytes = try await range.source(offset, countMax)
            } catch {
                throw SourceFailure(error: error)
            }
            guard (1...countMax).contains(bytes.count) else { throw SourceFailure(error: ShortSource(offset: offset)) }
            offset += Int64(bytes.count)
            range.progress(offset)
            return ByteBuffer(bytes: bytes)
        }
    }
}

/// The caller's own error, carried through the HTTP client and unwrapped where its errors are sorted.
struct SourceFailure: Error {
    let error: any Error
}

/// A source that gave nothing before its end, or more than it was asked for.
struct ShortSource: Error, CustomStringConvertible {
    let offset: Int64

    var description: String { "The blob that is pushed ends early: nothing to read at byte \(offset)." }
}
