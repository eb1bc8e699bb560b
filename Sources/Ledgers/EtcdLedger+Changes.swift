// Listing a repo's records in etcd, and following them: a listing of one revision, then a watch from the next one on.
import Digests
import Etcd

extension EtcdLedger {
    /// Publications of one page: the largest that there can be fit an answer of etcd.
    private static let pageMax: Int64 = 400

    package func page(after cursor: LedgerCursor?) async throws -> LedgerPage {
        let range: KeyRange =
            cursor.map { .all(startingWith: keys.all, after: keys.state($0.last)) } ?? .all(startingWith: keys.all)
        let get = Get(range, limit: 2 * Self.pageMax, revision: cursor?.version.number ?? 0)
        do {
            let (found, revision) = try await read(get)
            let version = cursor?.version ?? PublicationList.Version(revision)
            let publications = try publications(in: found)
            let next = found.hasMore ? publications.last.map { LedgerCursor(last: $0.id, version: version) } : nil
            return LedgerPage(publications: publications, version: version, next: next)
        } catch let error as EtcdError where error.isCompacted {
            throw ListingTooOld()
        }
    }

    package func changes(after version: PublicationList.Version?) -> LedgerChanges {
        LedgerChanges { EtcdChanges(self, after: version) }
    }
}

struct EtcdChanges: ChangeSource {
    private enum Phase {
        case begins
        case lists(LedgerCursor?)
        /// Everything up to `revision` was told.
        case connects(after: Int64)
        case watches(EtcdWatch, after: Int64)
    }

    private let ledger: EtcdLedger
    private var phase: Phase
    private var pause = pauseMin

    /// Before a lost connection is made again; each further pause is twice as long.
    private static let pauseMin = Duration.milliseconds(100)
    private static let pauseMax = Duration.seconds(5)

    init(_ ledger: EtcdLedger, after version: PublicationList.Version?) {
        self.ledger = ledger
        phase = version.map { .connects(after: $0.number) } ?? .begins
    }

    mutating func next() async throws -> [LedgerChange] {
        while true {
            do {
                let changes = try await step()
                if !changes.isEmpty {
                    pause = Self.pauseMin
                    return changes
                }
            } catch is ListingTooOld {
                phase = .begins
            } catch let error as EtcdError where error.isCompacted {
                phase = .begins
            } catch is EtcdError {
                try await rest()
            } catch LedgerError.unavailable {
                try await rest()
            }
        }
    }

    private mutating func rest() async throws {
        if case .watches(_, let revision) = phase { phase = .connects(after: revision) }
        try await ledger.mesh.clock.sleep(for: pause)
        pause = min(pause * 2, Self.pauseMax)
    }

    private mutating func step() async throws -> [LedgerChange] {
        switch phase {
        case .begins:
            phase = .lists(nil)
            return [.startsAnew]
        case .lists(let cursor):
            let page = try await ledger.page(after: cursor)
            phase = page.next.map { .lists($0) } ?? .connects(after: page.version.number)
            let end: [LedgerChange] = page.next == nil ? [.isComplete(page.version)] : []
            return page.publications.map { .recorded($0) } + end
        case .connects(let revision):
            // A ledger that was restored has a shorter history: the watch would wait for what never comes.
            let (_, newest) = try await ledger.read(Get(.one(ledger.keys.epoch)))
            guard newest >= revision else { throw ListingTooOld() }
            let watch = try await ledger.mesh.client.watch(
                .all(startingWith: ledger.keys.all), from: revision + 1)
            phase = .watches(watch, after: revision)
            return []
        case .watches(var watch, let revision):
            let news = try await watch.next()
            return try hear(news, watch, after: revision)
        }
    }

    private mutating func hear(
        _ news: WatchNews?, _ watch: EtcdWatch, after revision: Int64
    ) throws -> [LedgerChange] {
        switch news {
        case .changes(let changes, let last, let isWhole):
            // A part of a revision is told again when the connection is lost before the rest came.
            phase = .watches(watch, after: isWhole ? last : revision)
            let told = try changes.compactMap { try change($0) }
            return told + (isWhole ? [.isComplete(.init(last))] : [])
        case .progress(let last):
            phase = .watches(watch, after: max(last, revision))
            return [.isComplete(.init(max(last, revision)))]
        case .compacted, nil:
            phase = .begins
            return []
        }
    }

    private func change(_ change: KeyChange) throws(LedgerError) -> LedgerChange? {
        switch change {
        case .put(let pair):
            switch ledger.keys.name(pair.key) {
            case .record(let id): return .recorded(try Publication(pair.value, id: id, state: .won))
            case .state(let id):
                guard let text = StateText(pair.value) else {
                    throw .unreadable("the state of \(id)", "it is none")
                }
                // The record itself said so.
                return text.state == .won ? nil : .marked(id, text.state)
            case nil: return nil
            }
        case .deleted(let key, _):
            guard case .record(let id) = ledger.keys.name(key) else { return nil }
            return .removed(id)
        }
    }
}
