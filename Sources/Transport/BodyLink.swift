// A link of frames over the two bodies of one long exchange: four bytes of length, big-endian, and the frame.
package import HTTPMessages
package import Mesh
import Synchronization

/// The server's side reads the request's body and writes the response's; the client's side the other way round.
package final class BodyLink: PeerLink {
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case ended
        /// Bytes of the frame.
        case tooLong(Int)
        /// The other side closed in the middle of a frame.
        case cut

        package var description: String {
            switch self {
            case .ended: "the link has ended"
            case .tooLong(let count): "a frame of \(count) bytes is more than \(frameBytesMax)"
            case .cut: "the link ended in the middle of a frame"
            }
        }
    }

    private struct Incoming: Sendable {
        var bytes: [UInt8] = []
        /// Start of what was not returned.
        var start = 0
    }

    package let peer: PeerIdentity
    private let incoming: Body
    private let outgoing: Body
    private let unread = Mutex(Incoming())
    private let isClosed = Atomic(false)

    private static let lengthBytes = 4

    package init(peer: PeerIdentity, incoming: Body, outgoing: Body) {
        self.peer = peer
        self.incoming = incoming
        self.outgoing = outgoing
    }

    package func send(_ frame: [UInt8]) async throws {
        guard frame.count <= frameBytesMax else { throw Failure.tooLong(frame.count) }
        guard !isClosed.load(ordering: .relaxed) else { throw Failure.ended }
        var piece: [UInt8] = []
        piece.reserveCapacity(Self.lengthBytes + frame.count)
        for shift in [24, 16, 8, 0] { piece.append(UInt8(truncatingIfNeeded: frame.count >> shift)) }
        piece += frame
        try await outgoing.write(piece)
    }

    package func next() async throws -> [UInt8]? {
        while true {
            if let frame = try unread.withLock({ try Self.takeFrame(&$0) }) { return frame }
            guard !isClosed.load(ordering: .relaxed) else { throw Failure.ended }
            guard let piece = try await incoming.next() else {
                guard unread.withLock({ $0.bytes.count == $0.start }) else { throw Failure.cut }
                return nil
            }
            unread.withLock { unread in
                unread.bytes.removeFirst(unread.start)
                unread.start = 0
                unread.bytes += piece
            }
        }
    }

    private static func takeFrame(_ unread: inout Incoming) throws -> [UInt8]? {
        let start = unread.start
        guard unread.bytes.count - start >= lengthBytes else { return nil }
        let count = unread.bytes[start..<(start + lengthBytes)].reduce(0) { $0 << 8 | Int($1) }
        guard count <= frameBytesMax else { throw Failure.tooLong(count) }
        let end = start + lengthBytes + count
        guard unread.bytes.count >= end else { return nil }
        unread.start = end
        return Array(unread.bytes[(start + lengthBytes)..<end])
    }

    /// What was sent still goes out; then the other side reads the end.
    package func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        outgoing.finish()
        incoming.abandon()
    }
}
