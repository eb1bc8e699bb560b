// Networks for steps of strangers, kept ready so that no step waits for one.
import CLinux
import Glibc
import Synchronization

/// Hands out networks that are ready, and makes the next ones while steps run. Each serves one step. Takers work only
/// while `serve` runs; all networks end with it, and with this process, whatever ends it.
package final class NetworkPool: Sendable {
    package struct Configuration: Sendable {
        /// Networks that wait ready; each takes about 4 MB and a process. 0 makes each when it is asked for.
        package var size: Int
        /// Addresses and networks that steps may not reach, as `10.1.0.0/16`, beside this host's own.
        package var refused: [String]
        /// PATH.
        package var searchPath: String?
        /// The network that NATs go out by; nil for this process's own.
        var host: Handle?
        /// Another program in the place of slirp4netns, for tests.
        var nat: String?

        package init(size: Int = 2, refused: [String] = [], searchPath: String? = nil) {
            self.size = size
            self.refused = refused
            self.searchPath = searchPath
        }
    }

    package struct Counts: Sendable, Equatable {
        package var ready = 0
        /// Made so far.
        package var made = 0
        /// NAT processes that ended by themselves.
        package var lost = 0
    }

    /// Networks that wait ready at most.
    package static let sizeMax = 64
    /// Networks at one time, those of running steps included.
    package static let networksMax = 256
    /// Ready networks that may be lost in a row before none is made ahead any more.
    static let lossesMax = 3

    let configuration: Configuration
    let programs: NetworkPrograms
    /// Raised for the keeper when there is something to do.
    let wake: StopSignal
    private let warn: @Sendable (String) -> Void
    private let state = Mutex(NetworkPoolState())

    /// Throws what is missing on this host and how to get it. `warn` gets sentences about networks that were lost.
    package init(
        _ configuration: Configuration = Configuration(), warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        guard (0...Self.sizeMax).contains(configuration.size) else {
            throw SandboxError.request("a pool holds 0 to \(Self.sizeMax) networks, not \(configuration.size)")
        }
        if let wrong = configuration.refused.first(where: { !NetworkRules.isNetwork($0) }) {
            throw SandboxError.request("\"\(wrong)\" is no address or network: write it as 10.1.0.0/16")
        }
        self.configuration = configuration
        self.warn = warn
        programs = try NetworkPrograms(searchPath: configuration.searchPath, nat: configuration.nat)
        wake = try StopSignal()
    }

    /// Keeps the pool until the task is cancelled. Throws when no keeper can be started.
    package func serve() async throws {
        var failure: any Error = SandboxError.host("the pool of networks has ended")
        defer { close(failure) }
        while !Task.isCancelled {
            do {
                return try await onOwnThread { stop in
                    var keeper = try NetworkKeeper(pool: self, stop: stop)
                    try keeper.run()
                }
            } catch let lost as NetworkKeeper.Lost {
                warn("the networks of steps were lost and are made anew: \(lost.reason)")
                _ = state.withLock { $0.loseAll() }
            } catch {
                failure = error
                throw error
            }
        }
    }

    /// A network that is ready, or the next that is. Throws why none can be made, or `CancellationError`.
    package func take() async throws -> PooledNetwork {
        // What is dropped must not end under the lock: its end takes the lock, too.
        let (found, dropped) = state.withLock { $0.takeReady() }
        wake.raise()
        defer { withExtendedLifetime(dropped) {} }
        if let found { return found }
        let ticket = state.withLock { $0.nextTicket() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let error = state.withLock({ $0.wait(ticket, continuation) }) {
                    return continuation.resume(throwing: error)
                }
                wake.raise()
                if Task.isCancelled { cancel(ticket) }
            }
        } onCancel: {
            cancel(ticket)
        }
    }

    package var counts: Counts { state.withLock { $0.counts } }

    private func cancel(_ ticket: Int) {
        state.withLock { $0.removeWaiting(ticket) }?.resume(throwing: CancellationError())
    }

    private func close(_ failure: any Error) {
        let (waiting, dropped) = state.withLock { $0.close(failure) }
        for continuation in waiting { continuation.resume(throwing: failure) }
        withExtendedLifetime(dropped) {}
    }
}

// For the keeper.
extension NetworkPool {
    /// Networks that nobody needs any more.
    func returned() -> [Int] { state.withLock { $0.takeReturned() } }

    /// The number of the network to make now, if one is wanted.
    func nextNumber(live: Int) -> Int? {
        state.withLock { $0.nextNumber(live: live, size: configuration.size) }
    }

    func add(_ number: Int, _ made: NetworkMaker.Made) {
        let network = PooledNetwork(number: number, namespace: made.namespace, exit: made.nat.exit) {
            [weak self] number in self?.giveBack(number)
        }
        state.withLock { $0.add(network) }?.resume(returning: network)
    }

    private func giveBack(_ number: Int) {
        state.withLock { $0.giveBack(number) }
        wake.raise()
    }

    func failed(_ error: any Error) {
        for continuation in state.withLock({ $0.failed() }) { continuation.resume(throwing: error) }
        warn("\(error)")
    }

    func lost(_ number: Int, complaint: String) {
        let ready = state.withLock { $0.lose(number) }
        let words = complaint.isEmpty ? "" : ": \(complaint)"
        warn("the NAT of a \(ready == nil ? "running step's" : "waiting") network ended\(words)")
    }
}

/// Runs `body` while `pool` serves.
package func withNetworks<Result: Sendable>(
    _ pool: NetworkPool, _ body: () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await pool.serve() }
        let result = try await body()
        group.cancelAll()
        return result
    }
}
