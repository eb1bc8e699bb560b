// Seeds of the random tests: 1,000 in a plain run, others by environment, and the command that repeats a failure.

import Foundation
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same numbers everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// True in `percent` of 100 draws.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
}

enum Seeds {
    /// `WEFT_SEED=n`: only that one. `WEFT_SEEDS=n`: the first n.
    static var all: Range<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["WEFT_SEED"].flatMap(UInt64.init) { return seed..<seed + 1 }
        return 0..<(environment["WEFT_SEEDS"].flatMap(UInt64.init) ?? 1000)
    }

    /// Runs `body` for every seed until one answers a violation, and records that with the command to repeat it.
    static func check(_ body: (UInt64) -> String?) {
        for seed in all {
            guard let violation = body(seed) else { continue }
            Issue.record("seed \(seed): \(violation)\nTests/Simulation/run --seed \(seed) '\(filter)'")
            return
        }
    }

    /// The words of the running test's name up to the first mark, which a filter would take for a pattern.
    private static var filter: String {
        let name = Test.current?.name.drop { $0 == "`" } ?? ""
        return String(name.prefix { $0.isLetter || $0 == " " })
    }
}
