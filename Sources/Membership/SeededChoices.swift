// Random choices of a machine: a value, so that the same seed makes the same choices.

/// SplitMix64 (Steele, Lea, Flood 2014).
package struct SeededChoices: Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= Mixing.step
        return Mixing.spread(state)
    }

    /// A number below `limit`; 0 when that is not positive. The bias is below limit / 2^64.
    package mutating func below(_ limit: Int) -> Int {
        guard limit > 0 else { return 0 }
        return Int(next().multipliedFullWidth(by: UInt64(limit)).high)
    }
}
