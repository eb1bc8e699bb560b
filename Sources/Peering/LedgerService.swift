// What a voter does for builds: it records what they propose, if they may, and says what was recorded.
import Digests
package import Ledgers
package import Mesh
import Stages

/// Who proposes, and for which class, is taken from the link's certificate and never from the proposal (design 5.8).
package struct LedgerService: Sendable {
    /// Unix milliseconds that a publication may be ahead of this node's clock: whoever publishes into the future displaces
    /// what comes later.
    private static let aheadMax: Int64 = 10 * 60 * 1_000

    package struct World: Sendable {
        package let voters: @Sendable () -> [LedgerVoter]
        /// Nil on a node that is no voter. Throws `LedgerError` while there is none to ask.
        package let ledger: (@Sendable () throws -> MeshLedger)?
        /// Makes the ledger where there is none; gives the epoch that it has then.
        package let initialise: @Sendable (_ epoch: String) async throws -> String
        package let mayPublish: @Sendable (_ class: String, _ repo: String) -> Bool
        /// Unix milliseconds.
        package let now: @Sendable () -> Int64

        package init(
            voters: @escaping @Sendable () -> [LedgerVoter], ledger: (@Sendable () throws -> MeshLedger)?,
            initialise: @escaping @Sendable (_ epoch: String) async throws -> String,
            mayPublish: @escaping @Sendable (_ class: String, _ repo: String) -> Bool,
            now: @escaping @Sendable () -> Int64
        ) {
            self.voters = voters
            self.ledger = ledger
            self.initialise = initialise
            self.mayPublish = mayPublish
            self.now = now
        }
    }

    private let world: World

    package init(_ world: World) { self.world = world }

    package func answer(_ query: LedgerQuery, from peer: PeerIdentity) async -> LedgerAnswer {
        do {
            return try await respond(to: query, from: peer)
        } catch { return .failed(LedgerFailure(of: error)) }
    }

    private func respond(to query: LedgerQuery, from peer: PeerIdentity) async throws -> LedgerAnswer {
        if query.question == .voters { return .voters(world.voters()) }
        guard let current = world.ledger else { throw LedgerError.refused("this node is no voter of the ledger") }
        if query.question == .initialise { return .epoch(try await world.initialise(query.epoch)) }
        let ledger = try current()
        guard query.epoch.isEmpty || query.epoch == ledger.epochKnown else {
            throw LedgerError.otherEpoch(known: query.epoch, found: ledger.epochKnown)
        }
        switch query.question {
        case .voters, .initialise, .epoch: return .epoch(ledger.epochKnown)
        case .repos: return .repos(try await ledger.repos())
        case .publications(let digest, let isAgreed):
            let list = try await repo(query, ledger).publications(of: digest, isAgreed ? .agreed : .known)
            return .records(try LedgerRecords(list.publications, version: list.version))
        case .page(let place):
            let cursor = place.map { LedgerCursor(last: $0.last, version: .init($0.version)) }
            let page = try await repo(query, ledger).page(after: cursor)
            let next = page.next.map { LedgerPlace(last: $0.last, version: $0.version.number) }
            return .records(try LedgerRecords(page.publications, version: page.version, next: next))
        case .propose(let record, let version):
            try requireRight(query, peer)
            return try await propose(record, on: .init(version), query, peer, ledger)
        case .mark(let id, let manifest, let state):
            try requireRight(query, peer)
            return try await mark(id, manifest, .init(state), repo(query, ledger))
        }
    }

    private func repo(_ query: LedgerQuery, _ ledger: MeshLedger) throws -> EtcdLedger {
        guard !query.repo.isEmpty, query.repo.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LedgerError.refused("no repo is named")
        }
        return ledger.repo(RepoID(name: query.repo))
    }

    private func requireRight(_ query: LedgerQuery, _ peer: PeerIdentity) throws {
        guard peer.classes.contains(query.buildClass) else {
            throw LedgerError.refused(
                "the certificate of \(peer.name) has no class `\(query.buildClass)`: it has "
                    + (peer.classes.isEmpty ? "none" : peer.classes.joined(separator: ", ")))
        }
        guard world.mayPublish(query.buildClass, query.repo) else {
            throw LedgerError.refused(
                "builds of class `\(query.buildClass)` may not publish to \(query.repo): `classes` of the voters' configs "
                    + "says which may")
        }
    }

    private func propose(
        _ record: LedgerRecord, on version: PublicationList.Version, _ query: LedgerQuery, _ peer: PeerIdentity,
        _ ledger: MeshLedger
    ) async throws -> LedgerAnswer {
        let proposed = try record.publication()
        guard proposed.id.timestamp <= world.now() + Self.aheadMax || proposed.origin == .tag else {
            throw LedgerError.refused(
                "\(proposed.id) is of a time to come: the clock of \(peer.name) is wrong, or that of this voter")
        }
        let author = Publication.Author(name: peer.name, class: query.buildClass)
        let publication = proposed.by(author)
        try await ledger.note(repo: query.repo)
        switch try await repo(query, ledger).propose(publication, on: version) {
        case .won: return .won
        case .lost(let list): return .lost(try LedgerRecords(list.publications, version: list.version))
        case .parentChanged(let id): return .parentChanged(id)
        }
    }

    private func mark(
        _ id: StageID, _ manifest: BlobDigest, _ state: Publication.State, _ ledger: EtcdLedger
    ) async throws -> LedgerAnswer {
        guard let known = try await ledger.publications(of: id.digest, .agreed).find(id) else {
            throw LedgerError.noSuchPublication(id)
        }
        guard known.manifest == manifest else {
            throw LedgerError.refused("\(id) is of the manifest \(known.manifest), and not of \(manifest)")
        }
        return .marked(.init(try await ledger.mark(known, as: state)))
    }
}
