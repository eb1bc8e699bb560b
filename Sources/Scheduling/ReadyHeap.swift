// The ready stages of one build, longest way to the end first.

/// A heap with four children to a vertex: half as deep as a binary one, and the children share a cache line.
/// Equal ranks come out by index, so the same input gives the same order everywhere.
struct ReadyHeap: Sendable {
    struct Entry: Sendable {
        /// Nanoseconds from the start of the stage to the end of the longest chain below it.
        var rank: Int64
        var stage: Int32

        func goesBefore(_ other: Entry) -> Bool { rank != other.rank ? rank > other.rank : stage < other.stage }
    }

    private var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }
    var first: Entry? { entries.first }

    mutating func push(_ entry: Entry) {
        entries.append(entry)
        var hole = entries.count - 1
        while hole > 0 {
            let above = (hole - 1) >> 2
            guard entry.goesBefore(entries[above]) else { break }
            entries[hole] = entries[above]
            hole = above
        }
        entries[hole] = entry
    }

    mutating func popFirst() -> Entry? {
        guard let top = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty { sink(last) }
        return top
    }

    mutating func removeAll() { entries.removeAll(keepingCapacity: false) }

    private mutating func sink(_ entry: Entry) {
        let count = entries.count
        var hole = 0
        while true {
            let child = hole << 2 + 1
            guard child < count else { break }
            var best = child
            for other in child + 1..<max(child + 1, min(child + 4, count))
            where entries[other].goesBefore(entries[best]) {
                best = other
            }
            guard entries[best].goesBefore(entry) else { break }
            entries[hole] = entries[best]
            hole = best
        }
        entries[hole] = entry
    }
}
