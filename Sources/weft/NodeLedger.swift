// The ledger on a voter: its member of etcd kept running, its epoch remembered, and the records open to whoever may ask.
import Etcd
import Foundation
import Ledgers
import Logging
import Mesh
import Settings
import Synchronization
import SystemPackage

final class NodeLedger: Sendable {
    /// What is known of this voter, for status and metrics.
    struct Health: Hashable, Sendable {
        var isOpen = false
        var member: MemberStatus?
        var alarms: [String] = []
        var starts = 0

        var isLeader: Bool { member.map { $0.leader == $0.member } ?? false }

        /// One word for people: `weft mesh status` shows it.
        var word: String {
            guard let member else { return "down" }
            if !alarms.isEmpty { return alarms.joined(separator: "+") }
            if member.leader == 0 { return "no quorum" }
            guard isOpen else { return "not made" }
            return isLeader ? "leader" : "voter"
        }
    }

    private struct State {
        var ledger: MeshLedger?
        var trouble = LedgerError.unavailable("this voter starts")
        var health = Health()
    }

    private let client: EtcdClient
    private let prefix: String
    private let endpoint: String
    private let epoch: EpochFile
    /// Nil for an etcd that somebody else runs.
    private let voter: NodeVoter?
    private let logger: Logger
    private let state = Mutex(State())

    /// Between two looks at a ledger that is not open, and at the health of one that is.
    private static let openPause = Duration.milliseconds(300)
    private static let healthPause = Duration.seconds(2)
    private static let healthLimit = Duration.seconds(2)

    /// Nil on a node that keeps no ledger.
    init?(_ settings: NodeSettings, _ view: @escaping @Sendable (String) -> Endpoint?, _ logger: Logger) throws {
        self.logger = logger
        switch settings.ledger {
        case .voters(_, nil), nil: return nil
        case .voters(let names, let own?):
            let voter = NodeVoter(settings, names, own, view)
            endpoint = voter.clientURL
            prefix = Self.prefix
            epoch = EpochFile(folder: FilePath(own.data))
            client = try EtcdClient(Self.configuration([endpoint], own.files, logger))
            self.voter = voter
        case .etcd(let etcd):
            endpoint = etcd.urls[0]
            prefix = etcd.prefix
            epoch = EpochFile(folder: FilePath(settings.store).appending("ledger"))
            client = try EtcdClient(Self.configuration(etcd.urls, etcd.files, logger))
            voter = nil
        }
    }

    private static let prefix = "weft/"

    private static func configuration(
        _ urls: [String], _ files: LedgerFiles?, _ logger: Logger
    ) throws -> EtcdConfiguration {
        var tls: EtcdTLS?
        if let files {
            func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
            tls = EtcdTLS(
                authorities: try read(files.authority), certificate: try read(files.certificate),
                key: try read(files.key))
        }
        var quiet = logger
        quiet.logLevel = .error
        return EtcdConfiguration(endpoints: urls, tls: tls, logger: quiet)
    }

    /// Runs the member and keeps the ledger open until the task is cancelled; then the member is stopped.
    func run() async {
        await withDiscardingTaskGroup { group in
            if let voter { group.addTask { await self.run(voter) } }
            group.addTask { await self.keepOpen() }
            group.addTask { await self.watchHealth() }
        }
        try? await client.shutdown()
    }

    // MARK: The member

    /// Before a member that ended too often is tried again.
    private static let memberPause = Duration.seconds(60)

    private func run(_ voter: NodeVoter) async {
        while !Task.isCancelled {
            do {
                let configuration = try await voter.configuration()
                let member = EtcdMember(
                    configuration, client: client,
                    log: { [logger] in logger.log(level: EtcdLine.level($0), "etcd: \($0)") },
                    tell: { [weak self] in self?.hear($0, voter) })
                try await member.run()
            } catch is CancellationError {
                return
            } catch {
                fail(.unavailable("\(error)"))
                logger.error("this voter of the ledger does not run", metadata: ["reason": "\(error)"])
                try? await Task.sleep(for: Self.memberPause)
            }
        }
    }

    private func hear(_ news: MemberNews, _ voter: NodeVoter) {
        switch news {
        case .started(let process):
            state.withLock { $0.health.starts += 1 }
            logger.notice("the ledger's member runs", metadata: ["process": "\(process)"])
        case .ready:
            logger.notice("the ledger's voters agree")
            do { try voter.noteJoined() } catch {
                logger.error("that this voter has joined was not noted", metadata: ["reason": "\(error)"])
            }
        case .ended(let code, let pause):
            logger.warning("the ledger's member ended", metadata: ["code": "\(code)", "next": "\(pause)"])
        }
    }

    private func fail(_ trouble: LedgerError) {
        state.withLock { state in
            (state.trouble, state.ledger) = (trouble, nil)
            state.health.isOpen = false
        }
    }

    // MARK: The records

    /// Throws `LedgerError` while there is none to ask.
    func current() throws -> MeshLedger {
        let (ledger, trouble, member) = state.withLock { ($0.ledger, $0.trouble, $0.health.member) }
        guard let ledger else { throw trouble }
        // It would find out itself, after etcd's 7 s.
        if member?.leader == 0 { throw LedgerError.unavailable("no majority of the voters agrees on a leader") }
        return ledger
    }

    private func keepOpen() async {
        var said: LedgerError?
        while !Task.isCancelled {
            do {
                let ledger = try await opened()
                said = nil
                state.withLock { state in
                    state.ledger = ledger
                    state.health.isOpen = true
                }
                logger.notice("the ledger is open", metadata: ["epoch": "\(ledger.epochKnown)"])
                await ledger.run()
            } catch is CancellationError {
                return
            } catch {
                let trouble = error as? LedgerError ?? .unavailable("\(error)")
                fail(trouble)
                if said != trouble, trouble.isWorthSaying { logger.warning("\(trouble)") }
                said = trouble
                try? await Task.sleep(for: Self.openPause)
            }
        }
    }

    private func opened() async throws -> MeshLedger {
        guard let found = try await MeshLedger.epoch(of: client, prefix: prefix) else {
            throw LedgerError.notInitialised
        }
        if let known = try epoch.read() {
            guard known == found else { throw LedgerError.otherEpoch(known: known, found: found) }
        } else {
            try epoch.write(found)
        }
        return MeshLedger(client, epoch: found, prefix: prefix)
    }

    /// Makes the ledger where there is none; gives its epoch.
    func initialise(_ epoch: String) async throws -> String {
        try await MeshLedger.initialise(client, epoch: epoch, prefix: prefix)
    }

    // MARK: How it is

    var health: Health { state.withLock { $0.health } }

    private func watchHealth() async {
        while !Task.isCancelled {
            let member = try? await client.status(of: endpoint, limit: Self.healthLimit)
            let alarms = member?.errors.isEmpty == false ? (try? await client.alarms().map(\.kind)) ?? [] : []
            let before = state.withLock { state in
                defer { (state.health.member, state.health.alarms) = (member, Array(Set(alarms)).sorted()) }
                return state.health
            }
            for alarm in alarms where !before.alarms.contains(alarm) {
                logger.error("the ledger's member has the alarm \(alarm)")
            }
            try? await Task.sleep(for: Self.healthPause)
        }
    }
}

extension LedgerError {
    /// Voters that start, or that can't reach the others, say so in their own lines.
    fileprivate var isWorthSaying: Bool {
        if case .unavailable = self { false } else { true }
    }
}

/// The epoch that this host knows: a ledger of another one is refused (design 5.7).
struct EpochFile {
    private let path: FilePath

    private static let bytesMax = 256

    init(folder: FilePath) { path = folder.appending("epoch") }

    func read() throws -> String? {
        guard FileManager.default.fileExists(atPath: path.string) else { return nil }
        let text = try String(contentsOfFile: path.string, encoding: .utf8)
        let word = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !word.isEmpty, word.utf8.count <= Self.bytesMax else {
            throw LedgerError.unreadable("the file \(path)", "it holds no epoch. Remove it to believe the ledger's")
        }
        return word
    }

    func write(_ epoch: String) throws {
        try FileManager.default.createDirectory(
            atPath: path.removingLastComponent().string, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try Data((epoch + "\n").utf8).write(to: URL(fileURLWithPath: path.string), options: .atomic)
    }
}

/// etcd's own log: JSON, a line each.
enum EtcdLine {
    static func level(_ line: String) -> Logger.Level {
        if line.contains(#""level":"warn""#) { return .info }
        if line.contains(#""level":"error""#) || line.contains(#""level":"fatal""#)
            || line.contains(#""level":"panic""#)
        {
            return .warning
        }
        return .debug
    }
}
