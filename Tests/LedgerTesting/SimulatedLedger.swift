// A ledger in memory that behaves as badly as a real one may: late, silent, stale. Everything is drawn from outside.
package import Digests
package import Ledgers
import Synchronization

package struct LedgerFaults: Sendable {
    /// Of 100 proposals and marks: they are lost before they are done, and nobody says so.
    package var lost = 0
    /// They are done some calls later, and nobody says so.
    package var delayed = 0
    /// They are done, and nobody says so.
    package var unsaid = 0
    /// Of 100 calls: there is no quorum.
    package var down = 0
    /// Changes that a stale reading may miss.
    package var staleMax = 0
    /// Longest time that a call takes before, and again after it is done.
    package var delayMax = Duration.zero

    package init() {}

    package static let many: LedgerFaults = {
        var faults = LedgerFaults()
        (faults.lost, faults.delayed, faults.unsaid, faults.down) = (8, 8, 8, 4)
        faults.staleMax = 5
        faults.delayMax = .milliseconds(20)
        return faults
    }()
}

/// One voter that never dies, behind a network that does. All repos of a mesh would have one each.
package final class SimulatedLedger: WatchedLedger {
    fileprivate struct State {
        var random: any RandomNumberGenerator & Sendable
        var faults: LedgerFaults
        var history: [LedgerChange] = []
        var records: [StageDigest: [Publication]] = [:]
        /// Of each digest: how long the history was after its last change.
        var changed: [StageDigest: Int64] = [:]
        /// Under way, though whoever asked has given up.
        var delayed: [Request] = []
        /// History before it is forgotten.
        var forgotten: Int64 = 0
        var isDown = false
    }

    fileprivate enum Request: Sendable {
        case propose(Publication, on: PublicationList.Version)
        case mark(Publication, as: Publication.State)
    }

    fileprivate enum Answer: Sendable {
        case proposed(Proposed)
        case marked(Publication.State?)
    }

    fileprivate let state: Mutex<State>
    fileprivate let clock: any Clock<Duration>

    package init(
        random: any RandomNumberGenerator & Sendable, clock: any Clock<Duration>, faults: LedgerFaults = LedgerFaults()
    ) {
        state = Mutex(State(random: random, faults: faults))
        self.clock = clock
    }

    // MARK: What happens to it

    /// Until it is called with false nothing is answered: no quorum.
    package func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }

    package func setFaults(_ faults: LedgerFaults) { state.withLock { $0.faults = faults } }

    /// Forgets the history, but not the records.
    package func compact() { state.withLock { $0.forgotten = Int64($0.history.count) } }

    /// Everything that was recorded, for checks; nothing is under way any more.
    package func settled() -> [StageDigest: [Publication]] {
        state.withLock { state in
            for request in state.delayed { _ = state.apply(request) }
            state.delayed = []
            return state.records
        }
    }

    // MARK: Ledger

    package func publications(of digest: StageDigest, _ freshness: Freshness) async throws -> PublicationList {
        try await delay()
        let list = try state.withLock { state in
            if freshness == .agreed { try state.requireQuorum() }
            state.applySomeDelayed()
            return freshness == .agreed ? state.list(digest) : state.staleList(digest)
        }
        try await delay()
        return list
    }

    package func propose(
        _ publication: Publication, on version: PublicationList.Version
    ) async throws -> Proposed {
        // What no ledger takes is refused here, too.
        _ = try publication.text()
        let answer = try await ask(.propose(publication, on: version), publication.id)
        guard case .proposed(let proposed) = answer else { throw LedgerError.unavailable("no answer") }
        return proposed
    }

    @discardableResult
    package func mark(
        _ publication: Publication, as next: Publication.State
    ) async throws -> Publication.State {
        guard case .marked(let state) = try await ask(.mark(publication, as: next), publication.id), let state else {
            throw LedgerError.noSuchPublication(publication.id)
        }
        return state
    }

    private func ask(_ request: Request, _ id: StageID) async throws -> Answer {
        try await delay()
        let answer = try state.withLock { state -> Answer? in
            try state.requireQuorum()
            state.applySomeDelayed()
            let faults = state.faults
            let drawn = Int.random(in: 0..<100, using: &state.random)
            if drawn < faults.lost { return nil }
            if drawn < faults.lost + faults.delayed {
                state.delayed.append(request)
                return nil
            }
            let answer = state.apply(request)
            return drawn < faults.lost + faults.delayed + faults.unsaid ? nil : answer
        }
        try await delay()
        guard let answer else { throw LedgerError.outcomeUnknown(id, "the connection was lost") }
        return answer
    }

    private func delay() async throws {
        let duration = state.withLock { state in
            state.faults.delayMax == .zero
                ? .zero : state.faults.delayMax * Double.random(in: 0...1, using: &state.random)
        }
        if duration > .zero { try await clock.sleep(for: duration) }
    }

    // MARK: WatchedLedger

    private static let pageMax = 3

    package func page(after cursor: LedgerCursor?) async throws -> LedgerPage {
        try await delay()
        return try state.withLock { state in
            try state.requireQuorum()
            let newest = Int64(state.history.count)
            // It keeps no old states: a listing during which something changed begins anew.
            guard cursor.map({ $0.version.number == newest }) ?? true else { throw ListingTooOld() }
            let all = state.records.sorted { $0.key < $1.key }.flatMap(\.value)
            let start = cursor.flatMap { cursor in all.firstIndex { $0.id == cursor.last } }.map { $0 + 1 } ?? 0
            let found = Array(all[start...].prefix(Self.pageMax))
            let version = PublicationList.Version(newest)
            let next = found.last.flatMap { last in
                start + found.count < all.count ? LedgerCursor(last: last.id, version: version) : nil
            }
            return LedgerPage(publications: found, version: version, next: next)
        }
    }

    package func changes(after version: PublicationList.Version?) -> LedgerChanges {
        LedgerChanges { Changes(ledger: self, place: version?.number) }
    }

    private struct Changes: ChangeSource {
        let ledger: SimulatedLedger
        /// How much of the history was told; nil: nothing is known.
        var place: Int64?

        /// Between two looks.
        private static let pause = Duration.milliseconds(5)

        mutating func next() async throws -> [LedgerChange] {
            while true {
                let (told, changes) = ledger.state.withLock { $0.changes(after: place) }
                place = told
                if !changes.isEmpty { return changes }
                try await ledger.clock.sleep(for: Self.pause)
            }
        }
    }
}

extension SimulatedLedger.State {
    mutating func requireQuorum() throws {
        guard !isDown, Int.random(in: 0..<100, using: &random) >= faults.down else {
            throw LedgerError.unavailable("no quorum")
        }
    }

    mutating func applySomeDelayed() {
        while !delayed.isEmpty, Bool.random(using: &random) {
            _ = apply(delayed.remove(at: Int.random(in: delayed.indices, using: &random)))
        }
    }

    func list(_ digest: StageDigest) -> PublicationList {
        PublicationList(records[digest] ?? [], version: .init(Int64(history.count)))
    }

    /// As it was some changes ago.
    mutating func staleList(_ digest: StageDigest) -> PublicationList {
        let missed = Int.random(in: 0...max(0, min(faults.staleMax, history.count)), using: &random)
        var list: [Publication] = []
        for change in history.dropLast(missed) {
            switch change {
            case .recorded(let publication) where publication.id.digest == digest: list.append(publication)
            case .marked(let id, let next):
                if let index = list.firstIndex(where: { $0.id == id }) { list[index].state = next }
            default: break
            }
        }
        return PublicationList(list, version: .init(Int64(history.count - missed)))
    }

    mutating func apply(_ request: SimulatedLedger.Request) -> SimulatedLedger.Answer {
        switch request {
        case .propose(let publication, let version): .proposed(propose(publication, on: version))
        case .mark(let publication, let next): .marked(mark(publication.id, next))
        }
    }

    private mutating func propose(_ publication: Publication, on version: PublicationList.Version) -> Proposed {
        let digest = publication.id.digest
        let list = list(digest)
        guard (changed[digest] ?? 0) <= version.number, list.find(publication.id) == nil else { return .lost(list) }
        for parent in publication.parents {
            let found = records[parent.id.digest]?.first { $0.id == parent.id }
            guard found?.manifest == parent.manifest, found?.state != .rejected else {
                return .parentChanged(parent.id)
            }
        }
        records[digest, default: []].append(publication)
        note(.recorded(publication), digest)
        return .won
    }

    private mutating func mark(_ id: StageID, _ next: Publication.State) -> Publication.State? {
        guard let index = records[id.digest]?.firstIndex(where: { $0.id == id }),
            let known = records[id.digest]?[index].state
        else { return nil }
        let marked = known.marked(next)
        guard marked != known else { return marked }
        records[id.digest]?[index].state = marked
        note(.marked(id, marked), id.digest)
        return marked
    }

    private mutating func note(_ change: LedgerChange, _ digest: StageDigest) {
        history.append(change)
        changed[digest] = Int64(history.count)
    }

    func changes(after place: Int64?) -> (told: Int64, [LedgerChange]) {
        let newest = Int64(history.count)
        guard let place, place >= forgotten, place <= newest else {
            let all = records.sorted { $0.key < $1.key }.flatMap(\.value).map { LedgerChange.recorded($0) }
            return (newest, [.startsAnew] + all + [.isComplete(.init(newest))])
        }
        guard place < newest else { return (newest, []) }
        return (newest, Array(history[Int(place)...]) + [.isComplete(.init(newest))])
    }
}
