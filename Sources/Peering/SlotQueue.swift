// Who may run on a node next: a value, fair between builds.

/// At most `slots` run at once. Of those that wait, one of the build with the fewest running goes next; within a build,
/// and between equals, the one that came first.
package struct SlotQueue: Sendable {
    package typealias Ticket = UInt64

    private struct Waiter: Sendable {
        let ticket: Ticket
        let build: String
    }

    private let slots: Int
    private var running: [Ticket: String] = [:]
    private var waiters: [Waiter] = []
    private var last: Ticket = 0

    /// Orders that may wait; more are refused.
    package static let waitersMax = 10_000

    package init(slots: Int) { self.slots = slots }

    package var runningCount: Int { running.count }
    package var waitingCount: Int { waiters.count }

    /// Nil when too many wait already.
    package mutating func enter(_ build: String) -> Ticket? {
        guard waiters.count < Self.waitersMax else { return nil }
        last += 1
        waiters.append(Waiter(ticket: last, build: build))
        return last
    }

    /// Whether it runs, or waits, or was heard of at all; it is over now.
    package mutating func leave(_ ticket: Ticket) {
        running[ticket] = nil
        waiters.removeAll { $0.ticket == ticket }
    }

    /// Those that run from now on.
    package mutating func grant() -> [Ticket] {
        var granted: [Ticket] = []
        var counts = running.values.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        while running.count < slots {
            guard
                let next = waiters.indices.min(by: {
                    (counts[waiters[$0].build] ?? 0, waiters[$0].ticket)
                        < (counts[waiters[$1].build] ?? 0, waiters[$1].ticket)
                })
            else { break }
            let waiter = waiters.remove(at: next)
            running[waiter.ticket] = waiter.build
            counts[waiter.build, default: 0] += 1
            granted.append(waiter.ticket)
        }
        return granted
    }
}
