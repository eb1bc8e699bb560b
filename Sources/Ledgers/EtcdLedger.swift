// The record of one repo in etcd: a publication is one transaction, which it shares with others.
package import Digests
import Etcd

package struct EtcdLedger: WatchedLedger {
    let mesh: MeshLedger
    let keys: LedgerKeys

    /// Rounds of "it was marked meanwhile".
    private static let markRoundsMax = 4

    init(_ mesh: MeshLedger, _ repo: RepoID) {
        self.mesh = mesh
        keys = LedgerKeys(prefix: mesh.epoch.prefix, repo: repo)
    }

    package func epoch() async throws -> String? { mesh.epoch.known }

    package func publications(of digest: StageDigest, _ freshness: Freshness) async throws -> PublicationList {
        let get = Get(keys.list(digest), limit: Self.pairsMax, isSerializable: freshness == .known)
        let (range, revision) = try await read(get)
        return PublicationList(try publications(in: range), version: .init(revision))
    }

    /// Two keys for each publication.
    private static let pairsMax = Int64(2 * PublicationLimits.publicationsMax)

    /// Under the known epoch. Throws `LedgerError`.
    func read(_ get: Get) async throws -> (RangeAnswer, revision: Int64) {
        do {
            let answer = try await mesh.client.transact(mesh.epoch.guarded([.get(get)]))
            try mesh.epoch.check(answer)
            guard case .got(let range) = answer.parts.first else { throw LedgerError.unavailable("no answer") }
            return (range, answer.revision)
        } catch let error as EtcdError {
            guard !error.isCompacted else { throw error }
            throw LedgerError(error)
        }
    }

    /// A record is followed by its state.
    func publications(in range: RangeAnswer) throws(LedgerError) -> [Publication] {
        var publications: [Publication] = []
        var pairs = range.pairs[...]
        while let record = pairs.popFirst() {
            guard case .record(let id) = keys.name(record.key), let state = pairs.popFirst(),
                state.key == keys.state(id), let text = StateText(state.value)
            else {
                throw .unreadable("a key", "\"\(String(decoding: record.key.prefix(200), as: UTF8.self))\"")
            }
            let publication = try Publication(record.value, id: id, state: text.state)
            guard publication.manifest == text.manifest else {
                throw .unreadable("the publication \(id)", "its state is of another manifest")
            }
            publications.append(publication)
        }
        return publications
    }

    // MARK: Proposing

    package func propose(_ publication: Publication, on version: PublicationList.Version) async throws -> Proposed {
        guard publication.state != .rejected else { throw LedgerError.refused("a rejected publication is no proposal") }
        let (id, text) = (publication.id, try publication.text())
        let record = keys.record(id)
        let list = keys.list(id.digest)
        let parents = publication.parents
        let transaction = Transaction(
            [.isUnchanged(list, since: version.number), .isAbsent(record)]
                + parents.flatMap { StateText.isUsable(keys.state($0.id), $0.manifest) },
            then: [
                .put(key: record, value: text),
                .put(key: keys.state(id), value: StateText(publication.manifest, publication.state).bytes),
            ],
            otherwise: [.get(Get(list, limit: Self.pairsMax))] + parents.map { .get(Get(.one(keys.state($0.id)))) })
        let answer = try await commit(transaction, id, reads: parents.map(\.id.digest), byteCount: text.count)
        return try proposed(publication, on: version, answer)
    }

    private func proposed(
        _ publication: Publication, on version: PublicationList.Version, _ answer: EtcdCommits.Answer
    ) throws(LedgerError) -> Proposed {
        guard !answer.transaction.succeeded else { return .won }
        var ranges = answer.transaction.parts.compactMap { part in
            if case .got(let range) = part { range } else { nil }
        }
        guard !ranges.isEmpty else { throw .unavailable("no answer") }
        let range = ranges.removeFirst()
        let list = PublicationList(try publications(in: range), version: .init(answer.revision))
        let isChanged = range.pairs.contains { $0.modRevision > version.number }
        guard !isChanged, list.find(publication.id) == nil else { return .lost(list) }
        for (parent, found) in zip(publication.parents, ranges) {
            let state = found.pairs.first.flatMap { StateText($0.value) }
            guard state?.manifest == parent.manifest, state?.state != .rejected else {
                return .parentChanged(parent.id)
            }
        }
        return .lost(list)
    }

    @discardableResult
    package func mark(
        _ publication: Publication, as state: Publication.State
    ) async throws -> Publication.State {
        let key = keys.state(publication.id)
        var known = StateText(publication.manifest, publication.state)
        for _ in 0..<Self.markRoundsMax {
            let next = StateText(publication.manifest, known.state.marked(state))
            let transaction = Transaction(
                [.value(of: key, is: known.bytes)], then: next == known ? [] : [.put(key: key, value: next.bytes)],
                otherwise: [.get(Get(.one(key)))])
            let answer = try await commit(
                transaction, publication.id, reads: [], byteCount: next.bytes.count)
            guard !answer.transaction.succeeded else { return next.state }
            guard case .got(let range) = answer.transaction.parts.first, let value = range.pairs.first?.value else {
                throw LedgerError.noSuchPublication(publication.id)
            }
            guard let found = StateText(value), found.manifest == publication.manifest else {
                throw LedgerError.unreadable("the state of \(publication.id)", "it is of another manifest")
            }
            known = found
        }
        throw LedgerError.unavailable("\(publication.id) was marked by others again and again")
    }

    private func commit(
        _ transaction: Transaction, _ id: StageID, reads: [StageDigest], byteCount: Int
    ) async throws -> EtcdCommits.Answer {
        let subject = { (digest: StageDigest) in GroupCommit.Subject(repo: keys.repo, digest: digest) }
        do {
            return try await mesh.commits.commit(
                EtcdCommits.Change(
                    subject: subject(id.digest), reads: reads.map(subject), transaction: transaction,
                    byteCount: byteCount + Self.keysByteCount))
        } catch let error as EtcdError {
            guard error.outcome == .unknown else { throw LedgerError(error) }
            throw LedgerError.outcomeUnknown(id, error.description)
        }
    }

    /// What conditions and keys add, roughly.
    private static let keysByteCount = 1_000
}
