// The voters of a mesh as a build sees them: found through any node, asked one after the other until one answers.
import Ledgers
import Mesh
import Synchronization

package final class LedgerVoters: Sendable {
    package enum Found: Hashable, Sendable {
        case voters
        /// The mesh has no ledger.
        case none
        /// No node answers; why, a line each.
        case silence([String])
    }

    private let links: PeerLinks
    private let join: [PeerAddress]
    /// The one that answered last comes first.
    private let order = Mutex<[PeerAddress]>([])

    package init(_ links: PeerLinks, join: [PeerAddress]) {
        self.links = links
        self.join = join
    }

    /// Asks nodes for the voters.
    package func find() async throws -> Found {
        var reasons: [String] = []
        let known = order.withLock { $0 }
        for address in join + known.filter({ !join.contains($0) }) {
            do {
                let desk = try await links.node(at: address).desk
                guard case .voters(let voters) = try await desk.ledger(LedgerQuery(.voters)) else { continue }
                let addresses = voters.compactMap { PeerAddress($0.address) }
                order.withLock { order in
                    order = order.filter(addresses.contains) + addresses.filter { !order.contains($0) }
                }
                return voters.isEmpty ? .none : .voters
            } catch is CancellationError {
                throw CancellationError()
            } catch { reasons.append("\(address): \(error)") }
        }
        return .silence(reasons)
    }

    /// The first answer of a voter that is more than "the others can't be reached".
    ///
    /// Throws `LedgerError.unavailable` when certainly nothing was done, and `Unsure` when a question that must not be asked
    /// twice may have been heard.
    func ask(_ query: LedgerQuery, isRepeatable: Bool = true) async throws -> LedgerAnswer {
        var reasons: [String] = []
        for address in order.withLock({ $0 }) {
            do {
                let desk = try await links.node(at: address).desk
                let answer = try await Self.ask(desk, query, isRepeatable)
                guard case .failed(let failure) = answer, failure.kind == .unavailable else {
                    prefer(address)
                    return answer
                }
                reasons.append("\(address): \(failure.words.first ?? "it can't say")")
            } catch let error as NodeTrouble {
                reasons.append("\(error)")
            } catch let error as Unheard {
                reasons.append("\(address): \(error.reason)")
            }
            postpone(address)
        }
        // Voters may have moved, or not have been met by the node that named them.
        _ = try await find()
        throw LedgerError.unavailable(
            "no voter answers\n  " + (reasons.isEmpty ? ["none is known"] : reasons).joined(separator: "\n  "))
    }

    /// The same, with a voter's failure thrown.
    func heard(_ query: LedgerQuery, isRepeatable: Bool = true) async throws -> LedgerAnswer {
        let answer = try await ask(query, isRepeatable: isRepeatable)
        if case .failed(let failure) = answer { throw failure.error }
        return answer
    }

    static let nonsense = LedgerError.unavailable("a voter's answer is none to the question")

    /// Makes the ledger with `epoch` where there is none; gives the epoch that it has then.
    package func initialise(_ epoch: String) async throws -> String {
        guard case .epoch(let found) = try await heard(LedgerQuery(.initialise, epoch: epoch)) else {
            throw Self.nonsense
        }
        return found
    }

    /// The names of all repos that the ledger has records of.
    package func repos() async throws -> [String] {
        guard case .repos(let names) = try await heard(LedgerQuery(.repos)) else { throw Self.nonsense }
        return names
    }

    /// What was asked may have been done.
    struct Unsure: Error {
        let reason: String
    }

    /// Nothing was done.
    private struct Unheard: Error {
        let reason: String
    }

    private static func ask(_ desk: NodeDesk, _ query: LedgerQuery, _ isRepeatable: Bool) async throws -> LedgerAnswer {
        do {
            return try await desk.ledger(query)
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as CallError {
            switch error {
            case .busy: throw Unheard(reason: "\(error)")
            case .late, .failed:
                guard isRepeatable else { throw Unsure(reason: "\(error)") }
                throw Unheard(reason: "\(error)")
            case .refused, .unreadable, .unlisted: throw LedgerError.refused("\(error)")
            }
        } catch {
            guard isRepeatable else { throw Unsure(reason: "\(error)") }
            throw Unheard(reason: "\(error)")
        }
    }

    private func prefer(_ address: PeerAddress) {
        order.withLock { order in
            guard order.first != address else { return }
            order = [address] + order.filter { $0 != address }
        }
    }

    private func postpone(_ address: PeerAddress) {
        order.withLock { order in order = order.filter { $0 != address } + [address] }
    }
}
