// Which part of a big blob comes from whom: a value, so that it can be tried with any order of events.
import BlobStore
import Membership

/// Sources are nodes that have the whole blob, and fetchers, which are getting it at the same time. What a fetcher has is
/// asked of it, the rarest first. A whole source is asked for what no fetcher has or is getting, each fetcher beginning in
/// a place of its own: so all of them together make it send each part about once. What fetchers have is asked of an idle
/// whole source now and then, and the oftener the less they give: it is always the way out. A part that takes much longer
/// than others is asked for a second time elsewhere.
struct PartPlan: Sendable {
    /// Parts that may be under way at once: each is in memory until it is checked.
    static let underWayMax = 8
    /// A part that took so many times as long as the usual one is slow.
    static let slowFactor = 4
    /// A part is given so much time before it is slow, whatever others took.
    static let slowTimeMin = Duration.seconds(1)
    /// Sources that are asked for one part at once.
    static let askedMax = 2
    /// How long nothing may come when only fetchers are left, which may wait for each other.
    static let newsTimeMax = Duration.seconds(5)
    /// A whole source is idle for `2^patience - 1` usual times before it is asked for what fetchers have.
    static let patienceMax = 4
    private static let usualTimeMin = Duration.milliseconds(10)
    /// Durations from which the usual one is found.
    private static let durationsMax = 16

    enum Work: Hashable, Sendable {
        case fetch(part: Int, bytes: Range<Int64>)
        /// Nothing now; ask again soon.
        case wait
        /// Never again.
        case done
    }

    private struct Source {
        let isWhole: Bool
        /// Of a fetcher: parts that it has, and parts that it is getting.
        var has: PartSet
        var coming: PartSet
        /// When it last was of use.
        var idleSince: Duration
    }

    private struct UnderWay {
        var sources: Set<Int>
        var since: Duration
    }

    private let parts: BlobParts
    private let seed: UInt64
    private(set) var there: PartSet
    private var sources: [Int: Source] = [:]
    private var next = 0
    private var underWay: [Int: UnderWay] = [:]
    /// By part: fetchers that have it, and fetchers that have it or are getting it.
    private var having: [Int]
    private var reached: [Int]
    /// Parts at which this node begins.
    private var own: Range<Int>
    private var durations: [Duration] = []
    private var patience = PartPlan.patienceMax
    /// Parts that fetchers gave since a whole source was last asked for what they have.
    private var givenByFetchers = 0
    private var lastNews = Duration.zero

    /// - Parameters:
    ///   - name: of this node: others have other names, and take parts in another order.
    ///   - there: parts that came before.
    init(_ parts: BlobParts, name: String, there: PartSet) {
        self.parts = parts
        self.there = there
        seed = Mixing.hash(Array(name.utf8))
        having = Array(repeating: 0, count: parts.count)
        reached = having
        own = 0..<parts.count
    }

    var isComplete: Bool { there.isFull }

    /// Parts that were asked for and are not there yet.
    var coming: PartSet {
        var coming = PartSet(count: parts.count)
        for part in underWay.keys { coming.insert(part) }
        return coming
    }

    // MARK: What is learned

    /// A source more; its number. `now`: since any fixed point.
    mutating func add(isWhole: Bool, now: Duration) -> Int {
        let none = PartSet(count: parts.count)
        sources[next] = Source(isWhole: isWhole, has: none, coming: none, idleSince: now)
        lastNews = now
        next += 1
        return next - 1
    }

    func isWhole(_ number: Int) -> Bool { sources[number]?.isWhole ?? false }

    /// What a fetcher says that it has, and that it is getting.
    mutating func learn(_ number: Int, has: PartSet, coming: PartSet) {
        guard let known = sources[number], !known.isWhole else { return }
        count(known, -1)
        sources[number]?.has = has
        sources[number]?.coming = coming
        if let source = sources[number] { count(source, 1) }
    }

    private mutating func count(_ source: Source, _ change: Int) {
        for part in 0..<parts.count {
            let isThere = source.has.contains(part)
            if isThere { having[part] += change }
            if isThere || source.coming.contains(part) { reached[part] += change }
        }
    }

    /// This node was the `place`th of `count` who asked for the blob: each begins with its share of the parts.
    mutating func begin(at place: Int, of count: Int) {
        own = parts.count * place / count..<parts.count * (place + 1) / count
    }

    // MARK: Choice

    /// What a source that has nothing to do gives next.
    mutating func work(for number: Int, now: Duration) -> Work {
        guard !isComplete, let source = sources[number] else { return .done }
        if let part = choice(for: number, source, now) ?? slow(for: number, source, now) {
            underWay[part, default: UnderWay(sources: [], since: now)].sources.insert(number)
            underWay[part]?.since = now
            return .fetch(part: part, bytes: parts.bytes(of: part))
        }
        let isHopeless = now - lastNews > Self.newsTimeMax && !sources.values.contains { $0.isWhole }
        return isHopeless ? .done : .wait
    }

    private mutating func choice(for number: Int, _ source: Source, _ now: Duration) -> Int? {
        guard underWay.count < Self.underWayMax else { return nil }
        let open = (0..<parts.count).filter { !there.contains($0) && underWay[$0] == nil }
        guard source.isWhole else {
            return open.lazy.filter { source.has.contains($0) }.min { having[$0] < having[$1] }
        }
        let unreached = open.filter { reached[$0] == 0 }
        if let part = unreached.first(where: own.contains) ?? unreached.min(by: { score($0) < score($1) }) {
            return part
        }
        let isIdle = !underWay.values.contains { $0.sources.contains(number) }
        guard isIdle, !open.isEmpty, now - source.idleSince >= usualTime * (1 << patience - 1) else { return nil }
        patience = givenByFetchers == 0 ? max(patience - 1, 0) : min(patience + 1, Self.patienceMax)
        givenByFetchers = 0
        return open.min { (having[$0], score($0)) < (having[$1], score($1)) }
    }

    /// An order of the parts that every node has for itself.
    private func score(_ part: Int) -> UInt64 { Mixing.spread(seed ^ UInt64(part) &* Mixing.step) }

    private func slow(for number: Int, _ source: Source, _ now: Duration) -> Int? {
        let timeMax = max(usualTime * Self.slowFactor, Self.slowTimeMin)
        return underWay.filter { part, asked in
            now - asked.since > timeMax && asked.sources.count < Self.askedMax && !asked.sources.contains(number)
                && (source.isWhole || source.has.contains(part))
        }.keys.min()
    }

    private var usualTime: Duration {
        max(durations.sorted().dropFirst(durations.count / 2).first ?? .zero, Self.usualTimeMin)
    }

    // MARK: What becomes of it

    /// Whether the part is new: another source may have been faster.
    mutating func finish(_ part: Int, from number: Int, now: Duration) -> Bool {
        sources[number]?.idleSince = now
        lastNews = now
        guard !there.contains(part) else { return false }
        // A source that failed with another part may have given this one.
        if let asked = underWay.removeValue(forKey: part) {
            durations = durations.suffix(Self.durationsMax - 1) + [now - asked.since]
        }
        if sources[number]?.isWhole == false { givenByFetchers += 1 }
        there.insert(part)
        return true
    }

    /// The source gives nothing more; what only it was asked for is asked for elsewhere.
    mutating func fail(_ number: Int) {
        guard let source = sources.removeValue(forKey: number) else { return }
        count(source, -1)
        for (part, asked) in underWay where asked.sources.contains(number) {
            underWay[part]?.sources.remove(number)
            if asked.sources.count == 1 { underWay[part] = nil }
        }
    }
}
