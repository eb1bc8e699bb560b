// What a home knows of the digests that it is the home of: who builds which, and who waits for that.
package import Membership

/// Soft: it lives in memory, and nothing goes wrong without it but that a stage is built twice.
///
/// One order holds a claim at a time, but for copies, which say that they are, orders of one build, and those that were
/// granted elsewhere and come forward here. Time only goes on: what is told of an earlier one happens now.
package struct ClaimTable: Sendable {
    package enum Event: Sendable {
        /// Told at once what there is to tell; when that is not final, told again when it is. Asks again before it counts
        /// as dead.
        case asked(Claimant, ClaimWant)
        /// A holder lives. One that this home does not know of comes forward.
        case refreshed(Claimant, ClaimWant)
        case released(Claimant, ClaimKey, isMade: Bool)
        case viewed(Homes)
        /// Needed every now and then: see `ClaimLimits.pauseMax`.
        case tick
    }

    package enum Effect: Hashable, Sendable {
        case tell(Claimant, ClaimKey, ClaimAnswer)
    }

    struct Holder: Sendable {
        let claimant: Claimant
        let build: String
        let isCopy: Bool
        var seenAt: Duration
    }

    struct Waiter: Sendable {
        let claimant: Claimant
        let build: String
        var seenAt: Duration
    }

    struct Entry: Sendable {
        /// Who was there first is first.
        var holders: [Holder] = []
        var waiters: [Waiter] = []
    }

    struct Ended: Hashable, Sendable {
        let claimant: Claimant
        let key: ClaimKey
    }

    let own: NodeName
    package let limits: ClaimLimits
    var entries: [ClaimKey: Entry] = [:]
    var results: Recent<ClaimKey, String>
    var ended: Recent<Ended, Bool>
    /// The homes of the last time, oldest first, each with when it began: see `isSettled`.
    var views: [(since: Duration, homes: Homes)]
    var now: Duration
    package internal(set) var counts = ClaimTableCounts()

    package init(own: NodeName, limits: ClaimLimits = ClaimLimits(), at now: Duration) {
        self.own = own
        self.limits = limits
        self.now = now
        results = Recent(max: limits.resultsMax, time: limits.resultTime)
        ended = Recent(max: limits.endedMax, time: limits.deadAfter)
        views = [(now, Homes.none)]
    }

    package mutating func step(_ event: Event, at time: Duration) -> [Effect] {
        notePause(until: time)
        now = max(now, time)
        forgetViews()
        switch event {
        case .asked(let claimant, let want): return expire([want.key]) + ask(claimant, want)
        case .refreshed(let claimant, let want):
            let effects = expire([want.key])
            refresh(claimant, want)
            return effects
        case .released(let claimant, let key, let isMade):
            return expire([key]) + release(claimant, key, isMade: isMade)
        case .viewed(let homes): return view(homes)
        case .tick: return expire(Array(entries.keys))
        }
    }

    // MARK: Looking

    /// Stages that are claimed or waited for.
    package var claimCount: Int { entries.count }
    package var holderCount: Int { entries.values.reduce(0) { $0 + $1.holders.count } }
    package var waiterCount: Int { entries.values.reduce(0) { $0 + $1.waiters.count } }

    package func holders(of key: ClaimKey) -> [Claimant] { entries[key]?.holders.map(\.claimant) ?? [] }

    /// What one who waits is told now.
    package func answer(of key: ClaimKey) -> ClaimAnswer {
        guard let first = entries[key]?.holders.first else { return .settling }
        return .held(by: first.claimant.node, build: first.build)
    }

    // MARK: Asking

    private mutating func ask(_ claimant: Claimant, _ want: ClaimWant) -> [Effect] {
        let key = want.key
        func tell(_ answer: ClaimAnswer) -> [Effect] { [.tell(claimant, key, answer)] }
        guard isHome(of: key), ended[Ended(claimant: claimant, key: key)] == nil else { return tell(.notHome) }
        let entry = entries[key] ?? Entry()
        if let place = entry.holders.firstIndex(where: { $0.claimant == claimant }) {
            entries[key]?.holders[place].seenAt = now
            return tell(.granted)
        }
        if let node = results[key], !want.refusesResults, !want.isCopy {
            drop(waiter: claimant, key)
            return tell(.made(at: node))
        }
        if want.isCopy || entry.holders.contains(where: { $0.build == want.build }) {
            return tell(hold(claimant, want, isCopy: true) ? .granted : .full)
        }
        guard wait(claimant, want) else { return tell(.full) }
        let effects = promote(key)
        return effects.isEmpty ? tell(answer(of: key)) : effects
    }

    /// False when it can't be taken.
    private mutating func hold(_ claimant: Claimant, _ want: ClaimWant, isCopy: Bool) -> Bool {
        let count = entries[want.key]?.holders.count ?? 0
        guard count < limits.holdersMax, entries[want.key] != nil || entries.count < limits.claimsMax else {
            counts.full += 1
            return false
        }
        drop(waiter: claimant, want.key)
        entries[want.key, default: Entry()].holders.append(
            Holder(claimant: claimant, build: want.build, isCopy: isCopy, seenAt: now))
        if isCopy { counts.copies += 1 }
        return true
    }

    private mutating func wait(_ claimant: Claimant, _ want: ClaimWant) -> Bool {
        let entry = entries[want.key] ?? Entry()
        if let place = entry.waiters.firstIndex(where: { $0.claimant == claimant }) {
            entries[want.key]?.waiters[place].seenAt = now
            return true
        }
        guard entry.waiters.count < limits.waitersMax, entries[want.key] != nil || entries.count < limits.claimsMax
        else {
            counts.full += 1
            return false
        }
        if !entry.holders.isEmpty { counts.waited += 1 }
        entries[want.key, default: Entry()].waiters.append(
            Waiter(claimant: claimant, build: want.build, seenAt: now))
        return true
    }

    /// Gives a claim that nobody holds to who waited longest.
    mutating func promote(_ key: ClaimKey) -> [Effect] {
        guard let entry = entries[key], entry.holders.isEmpty else { return [] }
        guard let first = entry.waiters.first else {
            entries[key] = nil
            return []
        }
        guard isSettled(key) else { return [] }
        entries[key]?.waiters.removeFirst()
        entries[key]?.holders = [
            Holder(claimant: first.claimant, build: first.build, isCopy: false, seenAt: now)
        ]
        counts.granted += 1
        return [.tell(first.claimant, key, .granted)]
    }

    mutating func drop(waiter claimant: Claimant, _ key: ClaimKey) {
        entries[key]?.waiters.removeAll { $0.claimant == claimant }
        if let entry = entries[key], entry.waiters.isEmpty, entry.holders.isEmpty { entries[key] = nil }
    }

    // MARK: Holding

    private mutating func refresh(_ claimant: Claimant, _ want: ClaimWant) {
        guard ended[Ended(claimant: claimant, key: want.key)] == nil else { return }
        let holders = entries[want.key]?.holders ?? []
        if let place = holders.firstIndex(where: { $0.claimant == claimant }) {
            entries[want.key]?.holders[place].seenAt = now
            return
        }
        guard hold(claimant, want, isCopy: want.isCopy) else { return }
        counts.registered += 1
        if !want.isCopy, holders.contains(where: { !$0.isCopy && $0.build != want.build }) { counts.rivals += 1 }
    }

    private mutating func release(_ claimant: Claimant, _ key: ClaimKey, isMade: Bool) -> [Effect] {
        ended.add(Ended(claimant: claimant, key: key), true, at: now)
        entries[key]?.holders.removeAll { $0.claimant == claimant }
        drop(waiter: claimant, key)
        guard isMade else { return promote(key) }
        results.add(key, claimant.node, at: now)
        let waiters = entries[key]?.waiters ?? []
        entries[key]?.waiters = []
        counts.shared += waiters.count
        return waiters.map { .tell($0.claimant, key, .made(at: claimant.node)) } + promote(key)
    }
}
