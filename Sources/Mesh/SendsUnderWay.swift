// How many packets are under way to each destination: beyond a bound more are dropped, as a network would.

struct SendsUnderWay<Destination: Hashable & Sendable>: Sendable {
    /// To one destination.
    private static var sendsMax: Int { 4 }

    private var counts: [Destination: Int] = [:]

    /// False when there are enough; otherwise `end` follows.
    mutating func begin(_ destination: Destination) -> Bool {
        guard counts[destination, default: 0] < Self.sendsMax else { return false }
        counts[destination, default: 0] += 1
        return true
    }

    mutating func end(_ destination: Destination) {
        counts[destination, default: 1] -= 1
        if counts[destination] == 0 { counts[destination] = nil }
    }
}
