// A member of etcd that weft runs: started, watched, started again when it ends, and stopped with whoever runs it.

package enum MemberNews: Hashable, Sendable {
    /// With its process id.
    case started(process: Int32)
    /// It and the others agree: it answers a read that needs a quorum.
    case ready
    /// It ended by itself; `code` is its exit code, or 128 and a signal.
    case ended(code: Int32, nextStart: Duration)
}

/// It ended again and again.
package struct MemberFailure: Error, Hashable, CustomStringConvertible {
    package let name: String
    package let reason: String

    package var description: String {
        "the voter \(name) of the ledger does not run: \(reason). Its own words are in the node's log"
    }
}

package struct EtcdMember: Sendable {
    private let configuration: MemberConfiguration
    private let client: EtcdClient
    private let restart: RestartRule
    private let clock: any Clock<Duration>
    private let log: @Sendable (String) -> Void
    private let tell: @Sendable (MemberNews) -> Void

    /// Between two questions whether it is ready.
    private static let readyPause = Duration.milliseconds(100)
    private static let readyLimit = Duration.seconds(2)

    /// `client` has the member's own `clientURL` as its endpoint; `log` gets etcd's words line by line.
    package init(
        _ configuration: MemberConfiguration, client: EtcdClient, restart: RestartRule = RestartRule(),
        clock: any Clock<Duration> = ContinuousClock(), log: @escaping @Sendable (String) -> Void,
        tell: @escaping @Sendable (MemberNews) -> Void
    ) {
        self.configuration = configuration
        self.client = client
        self.restart = restart
        self.clock = clock
        self.log = log
        self.tell = tell
    }

    /// Runs it until the task is cancelled: then it is stopped, with SIGTERM, and SIGKILL after 10 s, and this returns.
    /// Throws `MemberFailure` when it ended too often, `EtcdSetupError` when it can't be started like that.
    package func run() async throws {
        let arguments = try configuration.arguments()
        var restart = restart
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let reason: String
            let code: Int32
            do {
                let end = try await runOnce(arguments)
                if end.isStopped || Task.isCancelled { return }
                (reason, code) = ("it ended with code \(end.code)", end.code)
            } catch is CancellationError {
                return
            } catch {
                (reason, code) = ("\(configuration.executable) can't be started: \(error)", 127)
            }
            switch restart.ended(after: start.duration(to: .now)) {
            case .giveUp: throw MemberFailure(name: configuration.name, reason: reason)
            case .start(let pause):
                tell(.ended(code: code, nextStart: pause))
                do { try await clock.sleep(for: pause) } catch { return }
            }
        }
    }

    private func runOnce(_ arguments: [String]) async throws -> MemberEnd {
        try await withThrowingTaskGroup(of: MemberEnd?.self) { group in
            let (log, tell) = (log, tell)
            group.addTask {
                try await MemberProcess.run(arguments, started: { tell(.started(process: $0)) }, log: log)
            }
            group.addTask {
                try await waitUntilReady()
                tell(.ready)
                return nil
            }
            defer { group.cancelAll() }
            while let found = try await group.next() {
                if let end = found { return end }
            }
            throw CancellationError()
        }
    }

    private func waitUntilReady() async throws {
        while try await !client.isHealthy(limit: Self.readyLimit) { try await clock.sleep(for: Self.readyPause) }
    }
}
