// Who decides. A lock only keeps others from wasting work; a publication counts when it is recorded here.
package import Digests

/// How fresh a reading has to be.
package enum Freshness: Sendable {
    /// Everything that was recorded before the reading began is in it.
    case agreed
    /// Perhaps stale, for plans: a proposal on it is lost, and never wrong.
    case known
}

/// All publications of a digest, the oldest first, as of one version of the ledger.
package struct PublicationList: Hashable, Sendable {
    /// Grows with each change of the list.
    package struct Version: Hashable, Comparable, Sendable {
        package let number: Int64

        package init(_ number: Int64) { self.number = number }

        package static func < (left: Version, right: Version) -> Bool { left.number < right.number }
    }

    package let publications: [Publication]
    package let version: Version

    package init(_ publications: [Publication], version: Version) {
        self.publications = publications
        self.version = version
    }

    package func find(_ id: StageID) -> Publication? { publications.first { $0.id == id } }

    /// The greatest timestamp ever given, rejected ones included.
    package var greatestTimestamp: Int64? { publications.map(\.id.timestamp).max() }
}

/// What became of a proposal.
package enum Proposed: Hashable, Sendable {
    case won
    /// Somebody changed the list since: this is it now.
    case lost(PublicationList)
    /// A parent is gone, rejected, or another one.
    case parentChanged(StageID)
}

/// The record of one repo.
package protocol Ledger: Sendable {
    /// Which ledger this is, for a repo that is to be published to by one ledger only; nil for one that may share it with
    /// others, since it speaks for one host.
    func epoch() async throws -> String?

    func publications(of digest: StageDigest, _ freshness: Freshness) async throws -> PublicationList

    /// Records `publication` if its digest's list is still that of `version` and its parents are as it says. One try: when
    /// its outcome is unknown this throws `LedgerError.outcomeUnknown`.
    func propose(_ publication: Publication, on version: PublicationList.Version) async throws -> Proposed

    /// Writes down what became of a publication; the same twice is the same. Gives its state afterwards, which is another
    /// one where it had gone further (`Publication.State.marked`). Throws when there is no such publication.
    @discardableResult
    func mark(_ publication: Publication, as state: Publication.State) async throws -> Publication.State
}

extension Ledger {
    package func epoch() async throws -> String? { nil }

    /// Tries of one proposal.
    private static var triesMax: Int { 8 }
    /// Before the second; each further pause is twice as long: 12 s in all, which an election takes rarely.
    private static var pauseMin: Duration { .milliseconds(100) }

    /// The same as `propose`, and finds out what became of it when nobody says: the list is read back and the nonce looked
    /// for. Not finding it proves nothing, since the proposal may be under way yet; so the same one is made again on the
    /// same version, of which the ledger records one at most.
    package func append(
        _ publication: Publication, on version: PublicationList.Version, clock: any Clock<Duration> = ContinuousClock()
    ) async throws -> Proposed {
        var doubt: LedgerError?
        var pause = Self.pauseMin
        for _ in 0..<Self.triesMax {
            do {
                let proposed = try await propose(publication, on: version)
                // An earlier try may be what changed the list: in this call, or in one that was given up.
                if case .lost(let list) = proposed, list.has(publication) { return .won }
                return proposed
            } catch let error as LedgerError {
                if case .outcomeUnknown = error { doubt = error }
                // A try that did nothing leaves the doubt about an earlier one.
                guard doubt != nil else { throw error }
            }
            try await clock.sleep(for: pause)
            pause = pause * 2
            let list = try? await publications(of: publication.id.digest, .agreed)
            if list?.has(publication) == true { return .won }
        }
        throw doubt ?? LedgerError.unavailable("it does not answer")
    }
}

extension PublicationList {
    fileprivate func has(_ publication: Publication) -> Bool {
        find(publication.id)?.isSameProposal(as: publication) == true
    }
}
