// Members that weft runs: ended by force they come back, and they end with whoever runs them.
import Etcd
import EtcdTesting
import Foundation
import Glibc
import SystemPackage
import Testing

@Suite(.enabled(if: RealCluster.isExpected, Comment(rawValue: RealCluster.missing)), .timeLimit(.minutes(5)))
struct `A member` {
    @Test func `that is killed is started again, with what it had`() async throws {
        try await RealCluster.run { cluster in
            let client = try cluster.client()
            try await client.put([1], [2])
            let process = try #require(cluster.process(0))
            cluster.send(SIGKILL, to: 0)
            while cluster.process(0) == process { try await ContinuousClock().sleep(for: .milliseconds(20)) }
            try await cluster.waitUntilReady()
            #expect(try await client.get(Get(.one([1]))).pairs.first?.value == [2])
            #expect(cluster.log.contains { $0.contains("etcd-version") || $0.contains("etcd Version") })
            try await client.shutdown()
        }
    }

    @Test func `is stopped with the task that runs it`() async throws {
        let process = try await RealCluster.run { cluster in try #require(cluster.process(0)) }
        #expect(kill(process, 0) != 0 && errno == ESRCH)
    }

    @Test func `that cannot be started is given up`() async throws {
        try await RealCluster.run { cluster in
            var configuration = cluster.configurations[0]
            configuration.executable = "/nonexistent/etcd"
            var rule = RestartRule()
            rule.endsMax = 3
            rule.pauseMin = .milliseconds(1)
            let client = try cluster.client()
            let member = EtcdMember(configuration, client: client, restart: rule, log: { _ in }, tell: { _ in })
            await #expect(throws: MemberFailure.self) { try await member.run() }
            try await client.shutdown()
        }
    }

    @Test func `dies with the program that runs it`() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "weft-etcd-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [file = file as String] in
            try await RealCluster.run { cluster in
                let process = cluster.process(0) ?? 0
                try "\(process) \(cluster.configurations[0].dataFolder.removingLastComponent())".write(
                    toFile: file, atomically: true, encoding: .utf8)
                kill(getpid(), SIGKILL)
            }
        }
        let words = try String(contentsOfFile: file, encoding: .utf8).split(separator: " ")
        let process = try #require(words.first.flatMap { Int32($0) })
        // The kernel's word reaches it at once; who reaps it takes its time.
        for _ in 0..<600 where isRunning(process) { try await ContinuousClock().sleep(for: .milliseconds(100)) }
        #expect(!isRunning(process))
        try? FileManager.default.removeItem(atPath: String(words[1]))
    }

    private func isRunning(_ process: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !text.contains(") Z ")
    }
}

@Suite(.enabled(if: RealCluster.isExpected, Comment(rawValue: RealCluster.missing)), .timeLimit(.minutes(5)))
struct `Three members` {
    @Test func `go on without their leader`() async throws {
        try await RealCluster.run(3) { cluster in
            let client = try cluster.client()
            let before = try await client.put([1], [1])
            let leader = try #require(try await cluster.leader())
            cluster.send(SIGSTOP, to: leader)
            defer { cluster.send(SIGCONT, to: leader) }
            let others = try cluster.client(cluster.configurations.indices.filter { $0 != leader })
            var after: Int64?
            for _ in 0..<100 where after == nil { after = try? await others.put([1], [2]) }
            #expect(try #require(after) > before)
            try await others.shutdown()
            try await client.shutdown()
        }
    }

    @Test func `agree on nothing when two of them are gone, and say so`() async throws {
        var timeouts = EtcdTimeouts()
        timeouts.call = .seconds(20)
        try await RealCluster.run(3) { [timeouts] cluster in
            let client = try cluster.client([0], timeouts: timeouts)
            try await client.put([1], [1])
            for index in 1...2 { cluster.send(SIGSTOP, to: index) }
            defer { for index in 1...2 { cluster.send(SIGCONT, to: index) } }
            await #expect {
                try await client.put([1], [2])
            } throws: { error in
                // Perhaps it is done when they are back.
                (error as? EtcdError)?.outcome == .unknown && (error as? EtcdError)?.kind == .noLeader
            }
            // What one member knows it tells all the same.
            let known = try await client.get(Get(.one([1]), isSerializable: true))
            #expect(known.pairs.count == 1)
            try await client.shutdown()
        }
    }

    @Test func `become four, and three again`() async throws {
        try await RealCluster.run(3) { cluster in
            let client = try cluster.client()
            // etcd takes none before all have been connected for some seconds.
            var added: EtcdPeer?
            for _ in 0..<600 where added == nil {
                added = try? await client.addMember(peerURLs: ["http://127.0.0.1:1"], asLearner: true)
                if added == nil { try await ContinuousClock().sleep(for: .milliseconds(200)) }
            }
            let learner = try #require(added)
            #expect(learner.isLearner && learner.peerURLs == ["http://127.0.0.1:1"])
            #expect(try await client.members().count == 4)
            // It has no data.
            await #expect(throws: EtcdError.self) { try await client.promoteMember(learner.id) }
            #expect(try await client.removeMember(learner.id))
            #expect(try await client.members().count == 3)
            #expect(try await !client.removeMember(learner.id))
            try await client.shutdown()
        }
    }
}
