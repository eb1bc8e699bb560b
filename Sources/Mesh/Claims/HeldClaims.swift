// What this node holds or wished for: refreshed at the homes while it lasts, released when it ends; batched by home.
package import Membership

package struct HeldClaims: Sendable {
    package enum Event: Sendable {
        /// An order runs from now on; `isKnown`: its home granted it just now.
        case began(HeldClaim, isKnown: Bool)
        /// An order ended, or does not wait any more. Homes are told until one has heard it.
        case ended(ClaimRelease)
        case viewed(Homes)
        case tick
        /// What became of an effect.
        case released(home: NodeName, [ClaimRelease])
        case unheard(home: NodeName)
    }

    package enum Effect: Hashable, Sendable {
        case refresh(home: NodeName, [HeldClaim])
        case release(home: NodeName, [ClaimRelease])
    }

    private struct Held: Sendable {
        let claim: HeldClaim
        /// Where it was said last, and when; nil: nowhere.
        var said: (home: NodeName, at: Duration)?
    }

    private struct Ending: Sendable {
        let release: ClaimRelease
        let since: Duration
        var saidAt: Duration?
    }

    /// Between two refreshes.
    package static let refreshInterval = Duration.seconds(2)
    /// A release is said again after so long.
    package static let releaseInterval = Duration.seconds(1)
    /// Claims of one message; those beyond go in another.
    package static let batchMax = 1_000

    private let deadAfter: Duration
    private var homes = Homes.none
    private var held: [UInt64: Held] = [:]
    private var endings: [UInt64: Ending] = [:]

    /// - Parameter deadAfter: as at the homes: later they don't need to be told.
    package init(deadAfter: Duration = ClaimLimits().deadAfter) { self.deadAfter = deadAfter }

    package var isEmpty: Bool { held.isEmpty && endings.isEmpty }
    package var count: Int { held.count }

    package mutating func step(_ event: Event, at now: Duration) -> [Effect] {
        switch event {
        case .began(let claim, let isKnown):
            held[claim.number] = Held(claim: claim, said: isKnown ? home(of: claim.want.key).map { ($0, now) } : nil)
            // Nothing is due by that.
            if isKnown { return [] }
        case .ended(let release):
            held[release.number] = nil
            endings[release.number] = Ending(release: release, since: now)
            return releases(at: now)
        case .viewed(let homes): self.homes = homes
        case .tick: break
        case .released(_, let releases):
            for release in releases { endings[release.number] = nil }
            return []
        case .unheard(let home):
            for number in held.keys where held[number]?.said?.home == home { held[number]?.said = nil }
            return []
        }
        return releases(at: now) + refreshes(at: now)
    }

    private func home(of key: ClaimKey) -> NodeName? { homes.home(of: key.homeBytes) }

    // MARK: What is due

    /// All of a home, when one is due there.
    private mutating func refreshes(at now: Duration) -> [Effect] {
        var byHome: [NodeName: [UInt64]] = [:]
        var due: Set<NodeName> = []
        for (number, held) in held {
            guard let home = home(of: held.claim.want.key) else { continue }
            byHome[home, default: []].append(number)
            if held.said.map({ $0.home != home || now - $0.at >= Self.refreshInterval }) ?? true { due.insert(home) }
        }
        var effects: [Effect] = []
        for home in due.sorted() {
            let numbers = byHome[home, default: []].sorted()
            for number in numbers { held[number]?.said = (home, now) }
            effects += numbers.compactMap { held[$0]?.claim }.batches.map { .refresh(home: home, $0) }
        }
        return effects
    }

    private mutating func releases(at now: Duration) -> [Effect] {
        var byHome: [NodeName: [ClaimRelease]] = [:]
        for (number, ending) in endings {
            // The home lets go of what it doesn't hear of.
            guard now - ending.since < deadAfter, let home = home(of: ending.release.key) else {
                endings[number] = nil
                continue
            }
            guard ending.saidAt.map({ now - $0 >= Self.releaseInterval }) ?? true else { continue }
            endings[number]?.saidAt = now
            byHome[home, default: []].append(ending.release)
        }
        return byHome.sorted { $0.key < $1.key }.flatMap { home, releases in
            releases.sorted { $0.number < $1.number }.batches.map { .release(home: home, $0) }
        }
    }
}

extension Array {
    fileprivate var batches: [[Element]] {
        stride(from: 0, to: count, by: HeldClaims.batchMax).map {
            Array(self[$0..<Swift.min($0 + HeldClaims.batchMax, count)])
        }
    }
}
