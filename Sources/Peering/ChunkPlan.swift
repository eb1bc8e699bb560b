// Which part of a big blob comes from which holder: a value, so that it can be tried with any order of events.

/// Holders take parts as they get done with them, so each gives as much as it can. What is ahead of the first gap waits
/// in memory: its size is bounded. A part that takes much longer than others is asked for a second time elsewhere.
struct ChunkPlan: Sendable {
    /// Bytes of a part: long enough that asking costs nothing beside it.
    static let chunkBytes: Int64 = 4 << 20
    /// Parts from the first that is missing on that may be under way or waiting.
    static let windowMax = 8
    /// A part that took so many times as long as the usual one is slow.
    static let slowFactor = 4
    /// A part is given so much time before it is slow, whatever others took.
    static let slowTimeMin = Duration.seconds(1)
    /// Durations from which the usual one is found.
    private static let durationsMax = 16

    enum Work: Hashable, Sendable {
        case fetch(chunk: Int, bytes: Range<Int64>)
        /// Nothing now; ask again soon.
        case wait
        case done
    }

    private struct UnderWay {
        var holders: Set<Int>
        var since: Duration
    }

    private let start: Int64
    private let size: Int64
    private let count: Int
    /// The first part that was not handed over.
    private(set) var head = 0
    private var next = 0
    /// Given back by holders that failed.
    private var returned: Set<Int> = []
    private var underWay: [Int: UnderWay] = [:]
    private var finished: Set<Int> = []
    private var durations: [Duration] = []

    /// The bytes of `size` from `start` on, in parts.
    init(from start: Int64, size: Int64) {
        self.start = start
        self.size = size
        count = Int((max(size - start, 0) + Self.chunkBytes - 1) / Self.chunkBytes)
    }

    var isComplete: Bool { head == count }

    func bytes(of chunk: Int) -> Range<Int64> {
        let first = start + Int64(chunk) * Self.chunkBytes
        return first..<min(first + Self.chunkBytes, size)
    }

    /// What a holder that has nothing to do does next. `now`: since any fixed point.
    mutating func work(for holder: Int, now: Duration) -> Work {
        guard !isComplete, finished.count + head < count else { return .done }
        if let chunk = returned.min() {
            returned.remove(chunk)
            return begin(chunk, holder, now)
        }
        if next < count, next < head + Self.windowMax {
            next += 1
            return begin(next - 1, holder, now)
        }
        let timeMax = usualTimeMax
        let slow = underWay.filter { now - $0.value.since > timeMax && !$0.value.holders.contains(holder) }.keys.min()
        guard let slow else { return .wait }
        return begin(slow, holder, now)
    }

    private mutating func begin(_ chunk: Int, _ holder: Int, _ now: Duration) -> Work {
        underWay[chunk, default: UnderWay(holders: [], since: now)].holders.insert(holder)
        underWay[chunk]?.since = now
        return .fetch(chunk: chunk, bytes: bytes(of: chunk))
    }

    /// What takes longer is slow.
    private var usualTimeMax: Duration {
        let usual = durations.sorted().dropFirst(durations.count / 2).first ?? .zero
        return max(usual * Self.slowFactor, Self.slowTimeMin)
    }

    /// Whether the part is new: another holder may have been faster.
    mutating func finish(_ chunk: Int, now: Duration) -> Bool {
        guard let part = underWay.removeValue(forKey: chunk) else { return false }
        durations = durations.suffix(Self.durationsMax - 1) + [now - part.since]
        finished.insert(chunk)
        return true
    }

    /// The holder gives nothing more; what only it was asked for is asked for elsewhere.
    mutating func fail(_ holder: Int) {
        for (chunk, part) in underWay where part.holders.contains(holder) {
            underWay[chunk]?.holders.remove(holder)
            guard part.holders.count == 1 else { continue }
            underWay[chunk] = nil
            returned.insert(chunk)
        }
    }

    /// The next part in order, when it is there: the caller takes it.
    mutating func takeHead() -> Int? {
        guard finished.remove(head) != nil else { return nil }
        head += 1
        return head - 1
    }
}
