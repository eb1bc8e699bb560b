// Two TLS sessions joined by memory, with as many bytes at a time as a test wants.
import LinkTesting
import TLS

/// One side and what it has sent and read.
final class End: JoinedEnd {
    private(set) var session: TLSSession?
    private let sent: Sent
    private(set) var read: [UInt8] = []
    private(set) var failure: TLSFailure?
    private(set) var isOpen = false

    private final class Sent {
        var bytes: [UInt8] = []
    }

    init(_ context: TLSContext, peer: TLSPeerName? = nil) throws {
        let sent = Sent()
        self.sent = sent
        session = try TLSSession(context, peer: peer) { span in
            unsafe span.withUnsafeBytes { unsafe sent.bytes.append(contentsOf: $0) }
        }
        try session?.start()
    }

    func takeSent() -> [UInt8] {
        defer { sent.bytes = [] }
        return sent.bytes
    }

    func receive(_ bytes: [UInt8]) {
        guard failure == nil, let session else { return }
        do throws(TLSFailure) {
            try unsafe session.receive(bytes.span.bytes, handshakeDone: { isOpen = true }) { span in
                unsafe span.withUnsafeBytes { unsafe read.append(contentsOf: $0) }
            }
        } catch {
            failure = error
        }
    }

    func write(_ bytes: [UInt8]) throws {
        try unsafe session?.write(bytes.span.bytes)
    }
}

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

func peers(
    _ side: TLSSettings.Side, _ name: String?, authority: String = "mesh", checkedAt: Int64? = nil
) throws -> TLSContext {
    let certificates = TestCertificates.shared
    var settings = TLSSettings.peers(
        side, identity: name.map { certificates.identity($0) }, authorities: certificates.authority(authority))
    settings.checkedAt = checkedAt
    return try TLSContext(settings)
}
