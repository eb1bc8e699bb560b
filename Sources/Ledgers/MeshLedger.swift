// The mesh's ledger: the records of all repos in one etcd.
package import Etcd
import Synchronization

package final class MeshLedger: Sendable {
    let client: EtcdClient
    let epoch: LedgerEpoch
    let commits: EtcdCommits
    let clock: any Clock<Duration>
    /// Repos whose names are known to stand in the ledger.
    private let named = Mutex<Set<RepoID>>([])

    /// Names of repos in one listing.
    private static let reposMax: Int64 = 10_000

    /// `epoch` is the one that this node knows. `prefix` is that of all keys, in an etcd that holds other things, too;
    /// `clock` measures the pauses before a lost watch is taken up again.
    package init(
        _ client: EtcdClient, epoch: String, prefix: String = "weft/",
        limits: GroupCommit.Limits = GroupCommit.Limits(),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.client = client
        self.epoch = LedgerEpoch(prefix: prefix, known: epoch)
        self.clock = clock
        commits = EtcdCommits(client, self.epoch, limits)
    }

    /// Carries proposals out until the task is cancelled: without it they wait.
    package func run() async { await commits.run() }

    package func repo(_ id: RepoID) -> EtcdLedger { EtcdLedger(self, id) }

    /// What is compared in every transaction.
    package var epochKnown: String { epoch.known }

    /// Writes the repo's name down beside its records, for people; once, and not when it stands there.
    package func note(repo name: String) async throws {
        let id = RepoID(name: name)
        guard !named.withLock({ $0.contains(id) }) else { return }
        let key = LedgerKeys.name(of: id, epoch.prefix)
        let write = Transaction([.isAbsent(key)], then: [.put(key: key, value: Array(name.utf8))])
        do {
            try epoch.check(try await client.transact(epoch.guarded([.transaction(write)])))
        } catch let error as EtcdError {
            // Done twice it is done once: an outcome that nobody knows is no trouble.
            throw LedgerError(error)
        }
        named.withLock { _ = $0.insert(id) }
    }

    /// The names of all repos that have records.
    package func repos() async throws -> [String] {
        do {
            let get = Get(.all(startingWith: LedgerKeys.repoNames(epoch.prefix)), limit: Self.reposMax)
            let answer = try await client.transact(epoch.guarded([.get(get)]))
            try epoch.check(answer)
            guard case .got(let found) = answer.parts.first else { throw LedgerError.unavailable("no answer") }
            return found.pairs.map { String(decoding: $0.value, as: UTF8.self) }.sorted()
        } catch let error as EtcdError {
            throw LedgerError(error)
        }
    }

    /// Makes the ledger if there is none. Gives the epoch that it has now: another one than `epoch` when it was there.
    package static func initialise(
        _ client: EtcdClient, epoch: String, prefix: String = "weft/"
    ) async throws -> String {
        guard Publication.isWord(epoch) else { throw LedgerError.refused("the epoch has to be one word") }
        let key = LedgerKeys.epoch(prefix)
        let make = Transaction(
            [.isAbsent(key)], then: [.put(key: key, value: Array(epoch.utf8))], otherwise: [.get(Get(.one(key)))])
        do {
            let answer = try await client.transact(make)
            guard case .got(let found) = answer.parts.first, let value = found.pairs.first?.value else { return epoch }
            return LedgerEpoch.text(value)
        } catch let error as EtcdError where error.outcome == .unknown {
            if let found = try await self.epoch(of: client, prefix: prefix) { return found }
            throw LedgerError.unavailable("whether it was made is not known (\(error.reason)): do it again")
        } catch let error as EtcdError {
            throw LedgerError(error)
        }
    }

    /// Nil when it was never made.
    package static func epoch(of client: EtcdClient, prefix: String = "weft/") async throws -> String? {
        do {
            let found = try await client.get(Get(.one(LedgerKeys.epoch(prefix))))
            return found.pairs.first.map { LedgerEpoch.text($0.value) }
        } catch let error as EtcdError {
            throw LedgerError(error)
        }
    }
}

extension LedgerError {
    /// Of a call that reads, or whose outcome is certain.
    init(_ error: EtcdError) { self = error.isFull ? .full : .unavailable(error.description) }
}
