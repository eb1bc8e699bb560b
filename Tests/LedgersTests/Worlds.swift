// The same ledger three times: a file, etcd, and a simulated one that keeps nobody waiting.
import Etcd
import EtcdTesting
import Foundation
import LedgerTesting
import Ledgers
import MeshSimulation
import SystemPackage

enum World: String, CaseIterable, Sendable {
    case file, etcd, simulated

    /// Those that this host has.
    static let all = allCases.filter { $0 != .etcd || RealCluster.isExpected }
    static let watched = all.filter { $0 != .file }

    func run<Value: Sendable>(_ body: @escaping @Sendable (any Ledger) async throws -> Value) async throws -> Value {
        guard self == .file else { return try await runWatched { try await body($0) } }
        let folder = FilePath(FileManager.default.temporaryDirectory.path).appending("weft-ledger-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        return try await body(try FileLedger(root: folder, repo: RepoID(name: "test")))
    }

    func runWatched<Value: Sendable>(
        _ body: @escaping @Sendable (any WatchedLedger) async throws -> Value
    ) async throws -> Value {
        guard self == .etcd else {
            return try await body(SimulatedLedger(random: SeededGenerator(seed: 1), clock: ContinuousClock()))
        }
        return try await RealCluster.run { cluster in
            try await RealLedger.run(cluster) { mesh, _ in try await body(mesh.repo(RepoID(name: "test"))) }
        }
    }
}

enum RealLedger {
    static let epoch = "epoch-1"

    /// A ledger over all members, begun with `epoch`.
    static func run<Value: Sendable>(
        _ cluster: RealCluster, timeouts: EtcdTimeouts = EtcdTimeouts(), places: [Int]? = nil,
        _ body: @escaping @Sendable (MeshLedger, EtcdClient) async throws -> Value
    ) async throws -> Value {
        let client = try cluster.client(places, timeouts: timeouts)
        _ = try await MeshLedger.initialise(client, epoch: epoch)
        let mesh = MeshLedger(client, epoch: epoch)
        let value = try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                await mesh.run()
                return nil
            }
            group.addTask { try await body(mesh, client) }
            defer { group.cancelAll() }
            while let found = try await group.next() {
                if let value = found { return value }
            }
            throw CancellationError()
        }
        try await client.shutdown()
        return value
    }
}
