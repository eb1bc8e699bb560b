// One link while it lives: own calls that wait, the peer's calls that run, and what is to be written.
import Synchronization

final class LinkSession: Sendable {
    struct Waiter {
        let continuation: CheckedContinuation<[UInt8], any Error>
        /// What it ends with when its time is over, here or at the peer.
        let late: CallError
    }

    struct State {
        var lastID: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
        /// The peer's calls that run.
        var running: [UInt64: RunningCall] = [:]
        /// The message that comes in parts; nil when none does.
        var parts: [UInt8]?
        var end: LinkEnd?
        var heardAt: Duration
    }

    struct RunningCall {
        let stopper = JobStopper()
        /// Bytes of its arguments.
        let byteCount: Int
        /// The caller doesn't wait any more.
        var isGivenUp = false
    }

    let link: any PeerLink
    let limits: CallLimits
    let clock: MeshClock
    let counts: CallCounts
    let outbox: Outbox
    let state: Mutex<State>

    init(_ link: any PeerLink, limits: CallLimits, clock: MeshClock, counts: CallCounts) {
        self.link = link
        self.limits = limits
        self.clock = clock
        self.counts = counts
        outbox = Outbox(framesMax: limits.waitingFramesMax)
        state = Mutex(State(heardAt: clock.now()))
    }

    var peer: PeerIdentity { link.peer }

    // MARK: The end

    var ended: LinkEnd? { state.withLock { $0.end } }

    /// The first end counts: all own calls fail, all calls of the peer are stopped.
    func end(_ end: LinkEnd, farewell: String? = nil) {
        let (waiters, stoppers) = state.withLock { state -> ([Waiter], [JobStopper]) in
            guard state.end == nil else { return ([], []) }
            state.end = end
            defer { state.waiters = [:] }
            state.parts = nil
            return (Array(state.waiters.values), state.running.values.map(\.stopper))
        }
        let lost = LinkLost(peer: peer.name, reason: "\(end)")
        for waiter in waiters { waiter.continuation.resume(throwing: lost) }
        for stopper in stoppers { stopper.stop() }
        outbox.close(farewell: farewell.map { .goodbye(reason: $0) })
        if farewell == nil { link.close() }
    }

    // MARK: The writer and the watch

    /// Writes what waits, until the end; then the link is closed.
    func write() async {
        while let frame = await outbox.next() {
            do {
                try await link.send(frame)
            } catch {
                end(.broken("\(error)"))
                break
            }
        }
        link.close()
    }

    /// Sends a sign of life now and then, and ends a link that gives none. Runs until it is cancelled.
    func watch() async {
        while (try? await clock.sleep(limits.aliveInterval)) != nil {
            // The farewell had its time.
            guard ended == nil else { return link.close() }
            let silence = clock.now() - state.withLock { $0.heardAt }
            guard silence < limits.silenceMax else { return end(.silent(silence)) }
            post(.alive)
        }
    }

    /// A peer that reads so little that too much waits for it is let go.
    func post(_ frame: CallFrame, call: UInt64? = nil) {
        guard !outbox.post(frame, call: call) else { return }
        counts.add(\.violations)
        end(.violated("it doesn't read what it asks for"))
    }
}
