// Bytes on their way: how many of how many, and how fast over the last seconds.

struct TransferMeter: Sendable {
    private struct State {
        var byteCount: Int64
        var total: Int64?
        var movedAt: Duration
    }

    /// Bytes moved within one second.
    private struct Bucket {
        let second: Int64
        var byteCount: Int64
    }

    /// Seconds that a rate looks back.
    private static let rateSeconds: Int64 = 5
    /// A transfer that moved nothing for so long is not shown: it ended without saying so, or it waits.
    private static let idleMax = Duration.seconds(10)
    /// Transfers that are kept in mind; of more, idle ones are forgotten first.
    private static let transfersMax = 1000
    /// What the first report of a transfer counts for at most: it may go on where another ended.
    private static let firstBytesMax: Int64 = 1 << 20

    private var active: [Transfer: State] = [:]
    private var buckets: [Transfer.Direction: [Bucket]] = [:]

    mutating func step(_ transfer: Transfer, byteCount: Int64, total: Int64?, at time: Duration) {
        let known = active[transfer]
        let moved = known.map { max(0, byteCount - $0.byteCount) } ?? min(byteCount, Self.firstBytesMax)
        count(moved, transfer.direction, time.components.seconds)
        if let total, byteCount >= total {
            active[transfer] = nil
        } else if known != nil || hasRoom(at: time) {
            active[transfer] = State(byteCount: byteCount, total: total, movedAt: time)
        }
    }

    private mutating func hasRoom(at time: Duration) -> Bool {
        if active.count >= Self.transfersMax { active = active.filter { time - $0.value.movedAt < Self.idleMax } }
        return active.count < Self.transfersMax
    }

    private mutating func count(_ moved: Int64, _ direction: Transfer.Direction, _ second: Int64) {
        var list = buckets[direction, default: []]
        list.removeAll { $0.second <= second - Self.rateSeconds }
        if list.last?.second == second {
            list[list.count - 1].byteCount += moved
        } else {
            list.append(Bucket(second: second, byteCount: moved))
        }
        buckets[direction] = list
    }

    /// A row for what is pulled and one for what is pushed; none when nothing moves.
    func rows(at time: Duration) -> [String] { [.pull, .push].compactMap { row($0, at: time) } }

    private func row(_ direction: Transfer.Direction, at time: Duration) -> String? {
        let moving = active.filter { $0.key.direction == direction && time - $0.value.movedAt < Self.idleMax }
        guard let only = moving.first else { return nil }
        let verb = direction == .pull ? "Pulling" : "Pushing"
        let subject = moving.count == 1 ? HarmlessText.title(only.key.subject) : "\(moving.count) blobs"
        let count = moving.values.reduce(0) { $0 + $1.byteCount }
        let totals = moving.values.compactMap(\.total)
        var text = "\(verb) \(subject): \(ReadableNumber.bytes(count))"
        if totals.count == moving.count { text += " of \(ReadableNumber.bytes(totals.reduce(0, +)))" }
        return text + ", \(ReadableNumber.bytes(rate(direction, at: time)))/s"
    }

    /// Bytes a second.
    private func rate(_ direction: Transfer.Direction, at time: Duration) -> Int64 {
        let second = time.components.seconds
        let recent = buckets[direction, default: []].filter { $0.second > second - Self.rateSeconds }
        guard let first = recent.first else { return 0 }
        return recent.reduce(0) { $0 + $1.byteCount } / (second - first.second + 1)
    }
}
