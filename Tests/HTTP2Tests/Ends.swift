// Two HTTP/2 sessions joined by memory, and frames made by hand for a peer that is not ours.
import HTTP2
import HTTPTypes
import LinkTesting

/// One side, what it has sent, and what it told.
final class End: JoinedEnd {
    private(set) var session: HTTP2Session
    private let sent: Sent
    private(set) var events: [HTTP2Event] = []
    private(set) var failure: HTTP2Failure?
    var now = Duration.zero

    private final class Sent {
        var bytes: [UInt8] = []
    }

    init(_ side: HTTP2Session.Side, _ limits: HTTP2Limits = HTTP2Limits()) throws {
        let sent = Sent()
        self.sent = sent
        session = try HTTP2Session(side, limits: limits) { span in
            unsafe span.withUnsafeBytes { unsafe sent.bytes.append(contentsOf: $0) }
        }
    }

    func takeSent() -> [UInt8] { takeSent(atMost: 1 << 20) }

    func takeSent(atMost budget: Int) -> [UInt8] {
        _ = try? session.pump(atMost: budget)
        events += session.takeEvents()
        defer { sent.bytes = [] }
        return sent.bytes
    }

    func receive(_ bytes: [UInt8]) {
        guard failure == nil else { return }
        do throws(HTTP2Failure) {
            try unsafe session.receive(bytes.span.bytes, at: now)
        } catch {
            failure = error
        }
        events += session.takeEvents()
    }

    func takeEvents() -> [HTTP2Event] {
        defer { events = [] }
        return events
    }

    func body(of stream: StreamID) -> [UInt8] {
        events.reduce(into: []) { bytes, event in
            if case .data(stream, let piece) = event { bytes += piece }
        }
    }

    func isEnded(_ stream: StreamID) -> Bool {
        events.contains { if case .end(stream) = $0 { true } else { false } }
    }

    /// Nil while it is open; the outer value is whether it has closed.
    func closing(of stream: StreamID) -> StreamFailure?? {
        for event in events { if case .closed(stream, let failure) = event { return .some(failure) } }
        return nil
    }

    var requests: [(StreamID, HTTPRequest)] {
        events.compactMap { if case .request(let id, let head, _) = $0 { (id, head) } else { nil } }
    }
}

/// A frame by hand (RFC 9113, section 4.1).
func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    let count = payload.count
    var bytes: [UInt8] = [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags]
    for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(stream >> shift & 255)) }
    return bytes + payload
}

/// What a client says first: the preface and empty SETTINGS.
let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4)
/// `:method GET`, `:scheme https`, `:path /` from the static table, `:authority a` as a literal.
let getFields: [UInt8] = [0x82, 0x87, 0x84, 0x01, 0x01, 0x61]

let get = HTTPRequest(method: .get, scheme: "https", authority: "a", path: "/x")

/// The same numbers for the same seed (splitmix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
