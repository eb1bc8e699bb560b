// Members of Debian's etcd on free ports of loopback, for one test; killed and started again at will.
package import Etcd
import Foundation
import Glibc
import Logging
import Synchronization
import SystemPackage

package final class RealCluster: Sendable {
    package let configurations: [MemberConfiguration]
    private let tls: EtcdTLS?
    private let processes: Mutex<[Int: Int32]> = Mutex([:])
    private let words: Mutex<[String]> = Mutex([])
    private let folder: FilePath

    /// Without it tests are skipped, except where `CI` is `true`: there they fail.
    package static let isExpected: Bool =
        ProcessInfo.processInfo.environment["CI"] == "true"
        || FileManager.default.isExecutableFile(atPath: "/usr/bin/etcd")

    package static let missing = "etcd isn't installed (Debian packages etcd-server, etcd-client)"

    private init(
        count: Int, certificates: Certificates?, in folder: FilePath, _ change: (inout MemberConfiguration) -> Void
    ) throws {
        let ports = try FreePorts.draw(2 * count)
        let scheme = certificates == nil ? "http" : "https"
        let members = (0..<count).map { index in
            MemberConfiguration.Peer(name: "m\(index)", url: "\(scheme)://127.0.0.1:\(ports[2 * index])")
        }
        configurations = members.enumerated().map { index, member in
            var configuration = MemberConfiguration(
                name: member.name, dataFolder: folder.appending(member.name),
                clientURL: "\(scheme)://127.0.0.1:\(ports[2 * index + 1])", peerListenURL: member.url,
                members: members, state: .new, clusterToken: folder.lastComponent?.string ?? "test")
            configuration.clientTLS = certificates?.files
            configuration.peerTLS = certificates?.files
            change(&configuration)
            return configuration
        }
        tls = try certificates?.read()
        self.folder = folder
    }

    /// Runs `body` when all members answer.
    package static func run<Value: Sendable>(
        _ count: Int = 1, hasTLS: Bool = false, change: (inout MemberConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (RealCluster) async throws -> Value
    ) async throws -> Value {
        let folder = FilePath(FileManager.default.temporaryDirectory.path).appending("weft-etcd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        let cluster = try RealCluster(
            count: count, certificates: hasTLS ? try Certificates(in: folder) : nil, in: folder, change)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            for index in 0..<count {
                group.addTask {
                    try await cluster.live(index)
                    return nil
                }
            }
            group.addTask {
                try await cluster.waitUntilReady()
                return try await body(cluster)
            }
            defer { group.cancelAll() }
            while let found = try await group.next() {
                guard let value = found else { continue }
                group.cancelAll()
                // The members are stopped before their folder goes.
                while (try await group.next()) != nil {}
                return value
            }
            throw NotReady(words: cluster.lastWords)
        }
    }

    private func live(_ index: Int) async throws {
        let client = try client([index])
        let member = EtcdMember(
            configurations[index], client: client,
            log: { [self] line in
                words.withLock { words in
                    if words.count < 2_000 { words.append("m\(index) \(line)") }
                }
            },
            tell: { [self] news in
                if case .started(let process) = news { processes.withLock { $0[index] = process } }
            })
        do {
            try await member.run()
            try await client.shutdown()
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    package struct NotReady: Error { package let words: [String] }

    private var lastWords: [String] { words.withLock { $0.suffix(20) } }

    /// All that the members said.
    package var log: [String] { words.withLock { $0 } }

    /// Nothing is asserted about the time: it is there against hanging.
    package func waitUntilReady() async throws {
        for index in configurations.indices {
            let client = try client([index])
            for attempt in 0... {
                if try await client.isHealthy(limit: .seconds(2)) { break }
                guard attempt < 600 else { throw NotReady(words: lastWords) }
                try await ContinuousClock().sleep(for: .milliseconds(100))
            }
            try await client.shutdown()
        }
    }

    package var endpoints: [String] { configurations.map(\.clientURL) }

    /// Of the members in `places`, in that order; all of them when it is nil.
    package func client(_ places: [Int]? = nil, timeouts: EtcdTimeouts = EtcdTimeouts()) throws -> EtcdClient {
        try client(elsewhere: (places ?? Array(configurations.indices)).map { endpoints[$0] }, timeouts: timeouts)
    }

    /// With this cluster's certificates.
    package func client(elsewhere endpoints: [String], timeouts: EtcdTimeouts = EtcdTimeouts()) throws -> EtcdClient {
        var configuration = EtcdConfiguration(
            endpoints: endpoints, tls: tls,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        configuration.timeouts = timeouts
        return try EtcdClient(configuration)
    }

    package func process(_ index: Int) -> Int32? { processes.withLock { $0[index] } }

    /// It is started again by whoever runs it, after a pause.
    package func send(_ signal: Int32, to index: Int) {
        guard let process = process(index) else { return }
        _ = Glibc.kill(process, signal)
    }

    /// Nil while there is none.
    package func leader() async throws -> Int? {
        let client = try client()
        var ids: [UInt64: Int] = [:]
        var leaders: [UInt64] = []
        for (index, endpoint) in endpoints.enumerated() {
            guard let status = try? await client.status(of: endpoint, limit: .seconds(1)) else { continue }
            ids[status.member] = index
            leaders.append(status.leader)
        }
        try await client.shutdown()
        return leaders.lazy.compactMap { ids[$0] }.first
    }
}
