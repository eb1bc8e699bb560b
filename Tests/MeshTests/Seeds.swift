// Seeds of the random stories: 1,000 in a plain run, others by environment, and the command that repeats a failure.
import Glibc
import Testing

enum Seeds {
    /// `WEFT_SEED=n`: only that one. `WEFT_SEEDS=n`: the first n.
    static var all: Range<UInt64> {
        if let seed = number("WEFT_SEED") { return seed..<seed + 1 }
        return 0..<(number("WEFT_SEEDS") ?? 1_000)
    }

    private static func number(_ name: String) -> UInt64? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe UInt64(String(cString: text))
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
