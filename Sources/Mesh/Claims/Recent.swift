// Keeps what was said last for a time, and so much of it at most: the oldest goes first.

struct Recent<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let key: Key
        let at: Duration
        let number: UInt64
    }

    /// Keys.
    let max: Int
    let time: Duration
    private var values: [Key: (value: Value, number: UInt64)] = [:]
    /// Oldest first; an entry whose number is not that of its value was replaced.
    private var order: ArraySlice<Entry> = []
    private var lastNumber: UInt64 = 0

    init(max: Int, time: Duration) {
        self.max = max
        self.time = time
    }

    var count: Int { values.count }

    subscript(key: Key) -> Value? { values[key]?.value }

    mutating func add(_ key: Key, _ value: Value, at now: Duration) {
        lastNumber += 1
        values[key] = (value, lastNumber)
        order.append(Entry(key: key, at: now, number: lastNumber))
        // Keys that were replaced are in the order twice.
        while values.count > max || order.count > 2 * max { removeFirst() }
    }

    mutating func expire(at now: Duration) {
        while let first = order.first, now - first.at >= time { removeFirst() }
    }

    private mutating func removeFirst() {
        guard let first = order.popFirst(), values[first.key]?.number == first.number else { return }
        values[first.key] = nil
    }
}
