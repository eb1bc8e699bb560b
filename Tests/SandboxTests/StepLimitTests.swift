// Limits of a step: too much memory, too many processes, too long.
import Glibc
import Synchronization
import Testing

@testable import Sandbox

/// Whether this host has the controllers: cgroup v2 with them, or v1 trees.
private let controllers = Set(Cgroup.controllers()).union(LegacyGroups.controllers().keys)

@Suite(.serialized, .enabled(if: Ground.isReady, Ground.need)) struct `The limit of a step` {
    @Test(.enabled(if: controllers.contains("pids")), .timeLimit(.minutes(5)), arguments: Ground.runtimes)
    func `stops a fork bomb`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run("for i in $(seq 200); do sleep 60 & done; echo all") {
            $0.limits.processes = 32
        }
        #expect(result.outcome.outOfProcesses)
        #expect(!result.output.contains("all"))
        let bomb = try await step.run("b() { b | b & }; b; usleep 300000; ps | wc -l") {
            $0.limits.processes = 32
            $0.limits.time = .seconds(20)
        }
        #expect(bomb.outcome.outOfProcesses)
        let modest = try await step.run("for i in $(seq 4); do true & done; wait; echo all") {
            $0.limits.processes = 32
        }
        #expect(modest.output == "all\n")
        #expect(!modest.outcome.outOfProcesses)
        try expectNothing(step)
    }

    @Test(.enabled(if: controllers.contains("memory")), .timeLimit(.minutes(5)), arguments: Ground.runtimes)
    func `kills who takes too much memory, and says so`(_ name: String) async throws {
        let step = try StepWorld(name)
        let hog = try await step.run("echo start; x=$(yes | head -c 200000000); echo end") {
            $0.limits.memory = 64 << 20
        }
        #expect(hog.outcome.outOfMemory)
        #expect(hog.outcome.exitCode == 137)
        #expect(hog.output == "start\n")
        let modest = try await step.run("x=$(yes | head -c 1000000); echo ${#x}") { $0.limits.memory = 64 << 20 }
        #expect(modest.outcome == RunOutcome(exitCode: 0, outOfMemory: false))
        try expectNothing(step)
    }

    @Test(.enabled(if: controllers.contains("cpu")), arguments: Ground.runtimes)
    func `of processors is set where the step runs`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo end") {
            $0.limits.processors = 0.5
        }
        #expect(result.output == "end\n")
        #expect(step.warnings.withLock { $0 } == [])
        try expectNothing(step)
    }

    @Test func `of time is told in words`() {
        #expect(
            SandboxError.timeLimit(seconds: 1800).description
                == "the command ran longer than 30m, its limit, and was ended")
        #expect(SandboxError.timeLimit(seconds: 5400).description.contains("than 1h30m,"))
        #expect(SandboxError.timeLimit(seconds: 0.25).description.contains("than 0.25s,"))
    }

    @Test func `goes by the kernel's list of trees`() {
        let list = "3:cpu,cpuacct:/\n2:name=systemd:/\n1:memory:/a:b\n0::/x\n"
        #expect(
            LegacyGroups.controllers(in: list)
                == ["cpu": ["cpu", "cpuacct"], "cpuacct": ["cpu", "cpuacct"], "memory": ["memory"]])
    }

    /// No group stays in any tree.
    private func expectNothing(_ step: StepWorld) throws {
        let id = step.request.id
        #expect(!Cgroup(id: id).exists)
        #expect(LegacyGroups.remaining(id: id) == [])
    }
}
