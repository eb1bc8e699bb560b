// A piece of work that is measured: by the clock under the benchmark tool, by its instructions under callgrind.

/// The same in every process: inputs are made from fixed seeds, so that two runs execute the same instructions.
package struct BenchmarkBody: Sendable {
    /// What `amount` counts.
    package enum Unit: String, Sendable {
        case bytes, digests, files, stages
    }

    /// Unique, words joined by `-`.
    package let name: String
    /// Units of work in one iteration.
    package let amount: Int
    package let unit: Unit
    /// False for work on several threads, whose instructions depend on who waits for whom, and for what callgrind can't run.
    package let isCounted: Bool
    /// Makes the input and answers what does one iteration.
    package let prepare: @Sendable () throws -> () throws -> Void

    package init(
        _ name: String, _ amount: Int, _ unit: Unit, isCounted: Bool = true,
        prepare: @escaping @Sendable () throws -> () throws -> Void
    ) {
        self.name = name
        self.amount = amount
        self.unit = unit
        self.isCounted = isCounted
        self.prepare = prepare
    }

    package static var all: [BenchmarkBody] { hashing + layers + scheduling }
}

/// A result that is not what its input gives: a benchmark of wrong work says nothing.
package struct WrongResult: Error, CustomStringConvertible {
    package let description: String
}

/// Keeps the optimizer from leaving out work whose result nobody reads.
@_optimize(none)
func keep<Value>(_: Value) {}

/// Bytes without order (xorshift64).
struct SeededBytes {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// Bytes that do not compress.
    mutating func noise(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = next()
            for shift in 0..<UInt64(8) { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * shift))) }
        }
        return Array(bytes[..<count])
    }

    /// Bytes that compress to about a third: words of a small dictionary, as programs and their texts have them.
    mutating func text(_ count: Int) -> [UInt8] {
        let words = (0..<512).map { _ in noise(3 + Int(next() % 9)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 16)
        while bytes.count < count { bytes += words[Int(next() % UInt64(words.count))] }
        return Array(bytes[..<count])
    }
}
