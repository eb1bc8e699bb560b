// The ready stages of one build, longest way to the end first.

/// A heap of one word for each stage: rank above, index below, so that one comparison decides both. Equal ranks come out
/// by index, so the same input gives the same order everywhere. Four children to a vertex: half as deep as a binary
/// heap, and the children lie in one or two cache lines.
struct ReadyHeap: Sendable {
    /// Low bits of a word, enough for `Scheduler.stagesMax`.
    private static let indexBits: UInt64 = 24
    private static let indexMask: UInt64 = 1 << indexBits - 1
    /// Ranks are compared in units of 1,024 ns; beyond 13 days all are equal.
    private static let rankShift: Int64 = 10
    private static let rankMax: UInt64 = 1 << (64 - indexBits) - 1

    private var words: [UInt64] = []

    var isEmpty: Bool { words.isEmpty }

    /// The stage that `popFirst` would answer.
    var first: Int? { words.first.map(ReadyHeap.stage(of:)) }

    /// - Parameter rank: nanoseconds.
    mutating func push(_ stage: Int, rank: Int64) {
        let above = min(UInt64(max(rank, 0) >> ReadyHeap.rankShift), ReadyHeap.rankMax)
        let word = above << ReadyHeap.indexBits | (ReadyHeap.indexMask - UInt64(stage))
        words.append(word)
        var hole = words.count - 1
        while hole > 0 {
            let parent = (hole - 1) >> 2
            guard word > words[parent] else { break }
            words[hole] = words[parent]
            hole = parent
        }
        words[hole] = word
    }

    @discardableResult
    mutating func popFirst() -> Int? {
        guard let top = words.first, let last = words.popLast() else { return nil }
        if !words.isEmpty { sink(last) }
        return ReadyHeap.stage(of: top)
    }

    private static func stage(of word: UInt64) -> Int { Int(indexMask - word & indexMask) }

    private mutating func sink(_ word: UInt64) {
        let count = words.count
        var hole = 0
        while true {
            let child = hole << 2 + 1
            guard child < count else { break }
            var best = child
            var bestWord = words[child]
            for other in child + 1..<max(child + 1, min(child + 4, count)) {
                let otherWord = words[other]
                best = otherWord > bestWord ? other : best
                bestWord = max(otherWord, bestWord)
            }
            guard bestWord > word else { break }
            words[hole] = bestWord
            hole = best
        }
        words[hole] = word
    }
}
