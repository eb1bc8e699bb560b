// One direction of a simulated link: frames in their order, late, stalled, lost for good, or cut off.
import Mesh
import Synchronization

package enum SimulatedLinkError: Error, Hashable, CustomStringConvertible {
    case closed
    case cut

    package var description: String { self == .closed ? "closed" : "cut" }
}

final class SimulatedPipe: Sendable {
    private struct State {
        var random: SeededGenerator
        var frames: ArraySlice<(arrival: Duration, bytes: [UInt8])> = []
        /// Frames that went nowhere: they fill the sender's window, as no word of their arrival comes back.
        var lost = 0
        var isSilent = false
        var stalledUntil = Duration.zero
        var lastArrival = Duration.zero
        /// For each end: why it can't go on.
        var senderEnd: SimulatedLinkError?
        var readerEnd: SimulatedLinkError?
        /// The reader finds the end after the frames.
        var isFinished = false
        var reader: CheckedContinuation<Void, Never>?
        var senders: [CheckedContinuation<Void, Never>] = []
    }

    /// Frames on their way, before the sender waits.
    static let windowFrames = 8
    /// How often a reader that waits for the time looks whether the link has ended.
    private static let glance = Duration.milliseconds(50)

    private let clock: MeshClock
    private let longestDelay: Duration
    private let state: Mutex<State>

    init(_ clock: MeshClock, seed: UInt64, longestDelay: Duration) {
        self.clock = clock
        self.longestDelay = longestDelay
        state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    private var now: Duration { clock.now() }

    func send(_ frame: [UInt8]) async throws {
        while true {
            let (isSent, reader) = try state.withLock { state in
                if let end = state.senderEnd { throw end }
                guard state.frames.count + state.lost < Self.windowFrames else {
                    return (false, CheckedContinuation<Void, Never>?.none)
                }
                if state.isSilent {
                    state.lost += 1
                    return (true, nil)
                }
                let delay = Duration.microseconds(state.random.below(Int(longestDelay.milliseconds) * 1_000 + 1))
                state.lastArrival = max(state.lastArrival, now + delay, state.stalledUntil)
                state.frames.append((state.lastArrival, frame))
                return (true, state.reader.take())
            }
            reader?.resume()
            if isSent { return }
            await waitToSend()
        }
    }

    private func waitToSend() async {
        await withCheckedContinuation { sender in
            let isReady = state.withLock { state -> Bool in
                guard state.senderEnd == nil, state.frames.count + state.lost >= Self.windowFrames else { return true }
                state.senders.append(sender)
                return false
            }
            if isReady { sender.resume() }
        }
    }

    func next() async throws -> [UInt8]? {
        while true {
            switch try look() {
            case .frame(let bytes): return bytes
            case .end: return nil
            case .later(let duration): try await clock.sleep(min(duration, Self.glance))
            case .nothing: await waitToRead()
            }
        }
    }

    private enum Look {
        case frame([UInt8])
        case end
        case later(Duration)
        case nothing
    }

    private func look() throws -> Look {
        let (look, senders) = try state.withLock { state -> (Look, [CheckedContinuation<Void, Never>]) in
            if let end = state.readerEnd { throw end }
            guard let first = state.frames.first else { return (state.isFinished ? .end : .nothing, []) }
            let arrival = max(first.arrival, state.stalledUntil)
            guard arrival <= now else { return (.later(arrival - now), []) }
            state.frames.removeFirst()
            defer { state.senders = [] }
            return (.frame(first.bytes), state.senders)
        }
        for sender in senders { sender.resume() }
        return look
    }

    private func waitToRead() async {
        await withCheckedContinuation { reader in
            let isReady = state.withLock { state -> Bool in
                guard state.readerEnd == nil, state.frames.isEmpty, !state.isFinished else { return true }
                state.reader = reader
                return false
            }
            if isReady { reader.resume() }
        }
    }

    // MARK: Ends and faults

    /// The sender closes: what is on its way still arrives, unless the way is dead.
    func closeBySender() {
        change { state in
            state.senderEnd = state.senderEnd ?? .closed
            if !state.isSilent { state.isFinished = true }
        }
    }

    /// The reader closes: the sender finds out, unless the way back is dead.
    func closeByReader(isHeard: Bool) {
        change { state in
            state.readerEnd = state.readerEnd ?? .closed
            if isHeard { state.senderEnd = state.senderEnd ?? .closed }
        }
    }

    func cut() {
        change { state in
            state.senderEnd = state.senderEnd ?? .cut
            state.readerEnd = state.readerEnd ?? .cut
        }
    }

    /// Nothing that is sent from now on arrives, and nobody is told.
    func silence() { change { $0.isSilent = true } }

    var isSilent: Bool { state.withLock { $0.isSilent } }

    /// Nothing arrives for so long.
    func stall(for duration: Duration) { change { $0.stalledUntil = max($0.stalledUntil, now + duration) } }

    private func change(_ body: (inout State) -> Void) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            body(&state)
            defer { (state.reader, state.senders) = (nil, []) }
            return state.senders + [state.reader].compactMap(\.self)
        }
        for waiter in waiters { waiter.resume() }
    }
}
