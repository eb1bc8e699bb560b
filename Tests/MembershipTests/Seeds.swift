// Seeds of the random tests: some in a plain run, others by environment.
import Foundation
import Testing

enum Seeds {
    /// `WEFT_SEED=n`: only that one. `WEFT_SEEDS=n`: the first n. Otherwise `count`.
    static func first(_ count: UInt64) -> Range<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["WEFT_SEED"].flatMap(UInt64.init) { return seed..<seed + 1 }
        return 0..<(environment["WEFT_SEEDS"].flatMap(UInt64.init) ?? count)
    }

    /// Runs `body` for seeds until one answers a violation.
    static func check(_ count: UInt64, _ body: (UInt64) -> String?) {
        for seed in first(count) {
            guard let violation = body(seed) else { continue }
            Issue.record("seed \(seed): \(violation)\nrepeat it with WEFT_SEED=\(seed)")
            return
        }
    }
}
