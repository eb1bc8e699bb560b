// The mesh's ledger as a build sees it: every question goes to a voter, over a link whose certificate says who asks.
package import Digests
package import Ledgers
import Mesh
import Synchronization

package final class LinkLedger: Ledger {
    private let voters: LedgerVoters
    private let repo: String
    private let buildClass: String
    /// Learned once: a ledger that was made anew or restored meanwhile is another one.
    private let known: Mutex<String>
    private let learned: @Sendable (String) throws -> Void

    /// - Parameters:
    ///   - repo: its canonical name.
    ///   - epoch: that this host knows; empty: none yet.
    ///   - learned: hears of the epoch when it was not known.
    package init(
        _ voters: LedgerVoters, repo: String, buildClass: String = "", epoch: String = "",
        learned: @escaping @Sendable (String) throws -> Void = { _ in }
    ) {
        self.voters = voters
        self.repo = repo
        self.buildClass = buildClass
        self.learned = learned
        known = Mutex(epoch)
    }

    package func epoch() async throws -> String? { try await knownEpoch() }

    private func knownEpoch() async throws -> String {
        let epoch = known.withLock { $0 }
        guard epoch.isEmpty else { return epoch }
        guard case .epoch(let found) = try await voters.heard(LedgerQuery(.epoch)) else { throw Self.nonsense }
        known.withLock { $0 = found }
        try learned(found)
        return found
    }

    package func publications(of digest: StageDigest, _ freshness: Freshness) async throws -> PublicationList {
        let answer = try await ask(.publications(digest, isAgreed: freshness == .agreed))
        guard case .records(let records) = answer else { throw Self.nonsense }
        return try records.list()
    }

    package func propose(_ publication: Publication, on version: PublicationList.Version) async throws -> Proposed {
        let question = LedgerQuery.Question.propose(try LedgerRecord(publication), version: version.number)
        do {
            switch try await ask(question, isRepeatable: false) {
            case .won: return .won
            case .lost(let records): return .lost(try records.list())
            case .parentChanged(let id): return .parentChanged(id)
            default: throw Self.nonsense
            }
        } catch let error as LedgerVoters.Unsure {
            throw LedgerError.outcomeUnknown(publication.id, error.reason)
        }
    }

    @discardableResult
    package func mark(_ publication: Publication, as state: Publication.State) async throws -> Publication.State {
        let question = LedgerQuery.Question.mark(publication.id, manifest: publication.manifest, as: .init(state))
        guard case .marked(let marked) = try await ask(question) else { throw Self.nonsense }
        return Publication.State(marked)
    }

    /// All publications of the repo, page by page. Throws `ListingTooOld` when it has to begin anew.
    package func page(after cursor: LedgerCursor?) async throws -> LedgerPage {
        let place = cursor.map { LedgerPlace(last: $0.last, version: $0.version.number) }
        guard case .records(let records) = try await ask(.page(place)) else { throw Self.nonsense }
        let list = try records.list()
        let next = records.next.map { LedgerCursor(last: $0.last, version: .init($0.version)) }
        return LedgerPage(publications: list.publications, version: list.version, next: next)
    }

    private func ask(_ question: LedgerQuery.Question, isRepeatable: Bool = true) async throws -> LedgerAnswer {
        let query = LedgerQuery(question, repo: repo, buildClass: buildClass, epoch: try await knownEpoch())
        return try await voters.heard(query, isRepeatable: isRepeatable)
    }

    private static let nonsense = LedgerVoters.nonsense
}
