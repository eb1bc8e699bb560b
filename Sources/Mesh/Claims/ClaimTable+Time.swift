// What passes by itself at a home: silence, standing still, and homes that move.
import Membership

/// Numbers of one home, for people who watch it.
package struct ClaimTableCounts: Hashable, Sendable {
    /// Claims that were given to one order alone.
    package internal(set) var granted = 0
    /// Given beside another: copies, and orders of one build.
    package internal(set) var copies = 0
    /// Orders that had to wait for another's.
    package internal(set) var waited = 0
    /// Waiting orders that were told who has the result.
    package internal(set) var shared = 0
    /// Holders that came forward after a change of homes.
    package internal(set) var registered = 0
    /// Of those, the ones that were not alone.
    package internal(set) var rivals = 0
    /// Holders that were silent for too long.
    package internal(set) var died = 0
    /// Refused, as there was too much.
    package internal(set) var full = 0

    package init() {}
}

extension ClaimTable {
    // MARK: Homes

    func isHome(of key: ClaimKey) -> Bool { views.last?.homes.home(of: key.homeBytes) == own }

    /// Whether this node was the home all the time that a holder has to come forward. Nobody holds what it didn't hear of,
    /// then.
    func isSettled(_ key: ClaimKey) -> Bool {
        let bytes = key.homeBytes
        return views.allSatisfy { $0.homes.home(of: bytes) == own }
    }

    /// Those who wait for what has another home now are sent there. Holders go by themselves.
    mutating func view(_ homes: Homes) -> [Effect] {
        views.append((now, homes))
        mergeViews()
        var effects: [Effect] = []
        for key in entries.keys.filter({ !isHome(of: $0) }).sorted() {
            effects += (entries[key]?.waiters ?? []).map { .tell($0.claimant, key, .notHome) }
            entries[key]?.waiters = []
            if entries[key]?.holders.isEmpty == true { entries[key] = nil }
        }
        return effects
    }

    /// Too many changes at once count as a time in which this node was no home at all.
    private mutating func mergeViews() {
        while views.count > limits.viewsMax {
            views[0].homes = Homes.none
            views.remove(at: 1)
        }
    }

    /// Forgets views whose successors have been there for long enough.
    mutating func forgetViews() {
        while views.count > 1, now - views[1].since >= limits.settleTime { views.removeFirst() }
    }

    // MARK: Time

    /// While this node stood still it heard nobody, and others may have taken over: nobody is dead by that, and it is as
    /// new to all its digests.
    mutating func notePause(until time: Duration) {
        let gap = time - now
        guard gap > limits.pauseMax, let homes = views.last?.homes else { return }
        for key in entries.keys {
            for place in entries[key]?.holders.indices ?? 0..<0 { entries[key]?.holders[place].seenAt += gap }
            for place in entries[key]?.waiters.indices ?? 0..<0 { entries[key]?.waiters[place].seenAt += gap }
        }
        views = [(time, Homes.none), (time, homes)]
    }

    /// Takes leave of the silent; what became free, or settled, goes to the next.
    mutating func expire(_ keys: [ClaimKey]) -> [Effect] {
        results.expire(at: now)
        ended.expire(at: now)
        var effects: [Effect] = []
        for key in keys.filter({ entries[$0].map(isDue) ?? false }).sorted() {
            guard var entry = entries[key] else { continue }
            let count = entry.holders.count
            entry.holders.removeAll { isDead($0.seenAt) }
            entry.waiters.removeAll { isDead($0.seenAt) }
            counts.died += count - entry.holders.count
            entries[key] = entry
            effects += promote(key)
        }
        return effects
    }

    private func isDue(_ entry: Entry) -> Bool {
        entry.holders.isEmpty || entry.holders.contains { isDead($0.seenAt) }
            || entry.waiters.contains { isDead($0.seenAt) }
    }

    private func isDead(_ seenAt: Duration) -> Bool { now - seenAt >= limits.deadAfter }
}
