// Steps that can't start, must stop, or outlive their weft.
import Glibc
import Synchronization
import Testing

@testable import Sandbox

// Safety: paths and small buffers are passed to system calls for the length of the call only.

@Suite(.enabled(if: Ground.isReady, Ground.need)) struct `The end of a step` {
    @Test(arguments: Ground.runtimes) func `names the shell that an image lacks`(_ name: String) async throws {
        let step = try StepWorld(name) { try Kernel.removeTree(try FileName($0.path + "/lower/bin/sh")) }
        await #expect(
            throws: SandboxError.image(
                "exec /bin/sh: no such file in the image: it has no shell, so use the JSON form of RUN, or another base image"
            )
        ) { try await step.run("true") }
        #expect(try step.world.tree("run").isEmpty)
    }

    @Test(arguments: Ground.runtimes) func `explains a program that can't be started`(_ name: String) async throws {
        let step = try StepWorld(name) {
            try $0.write("lower/bin/data", "x", mode: 0o644)
            try $0.write("lower/bin/script", "#!/bin/nowhere\n", mode: 0o755)
        }
        for (program, words) in [
            ("/bin/data", "permission denied"), ("script", "/bin/nowhere"), ("missing", "PATH"),
        ] {
            let error = await #expect(throws: SandboxError.self) { try await step.run(step.request([program])) }
            guard case .image(let text)? = error else {
                Issue.record("\(program): \(String(describing: error))")
                continue
            }
            #expect(text.contains("exec ") && text.contains(words), "\(text)")
        }
    }

    @Test(arguments: Ground.runtimes) func `is refused for a user the image lacks`(_ name: String) async throws {
        let step = try StepWorld(name)
        let error = await #expect(throws: SandboxError.self) { try await step.run("true") { $0.user = "nobody" } }
        #expect(error?.description.contains("no user \"nobody\" in /etc/passwd") == true)
    }

    @Test(arguments: ["/proc/self/fd/8", "/proc", "/link/8", "/sys/kernel", "/dev", "/loop"])
    func `is refused in directories of the container's own`(_ directory: String) async throws {
        let step = try StepWorld(try #require(Ground.runtimes.first)) {
            try $0.link("lower/link", to: "../../proc/self/fd")
            try $0.link("lower/loop", to: "/loop")
        }
        await #expect(throws: (any Error).self) { try await step.run("pwd") { $0.workingDirectory = directory } }
    }

    @Test(.timeLimit(.minutes(5)), arguments: Ground.runtimes)
    func `comes with the task's cancellation`(_ name: String) async throws {
        let step = try StepWorld(name)
        let (started, start) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let request = step.request(["/bin/sh", "-c", "trap '' TERM INT; (sleep 600 &); echo up; sleep 600"])
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await step.run(request) { start.yield() } }
            for await _ in started { break }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        #expect(try step.containers().isEmpty)
        #expect(!Cgroup(id: request.id).exists)
        #expect(try step.world.tree("run").isEmpty)
    }

    @Test(.timeLimit(.minutes(5)), arguments: Ground.runtimes)
    func `comes with a cancellation before the container is up`(_ name: String) async throws {
        let step = try StepWorld(name)
        for pause in [0, 1, 3, 10, 20, 40] {
            let request = step.request(["/bin/sleep", "600"], id: "early-\(pause)")
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await step.run(request) }
                try? await Task.sleep(for: .milliseconds(pause))
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            #expect(try step.containers().isEmpty)
            #expect(!Cgroup(id: request.id).exists)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: Ground.runtimes)
    func `comes when its time is over`(_ name: String) async throws {
        let step = try StepWorld(name)
        await #expect(throws: SandboxError.timeLimit(seconds: 0.25)) {
            try await step.run("sleep 600") { $0.limits.time = .milliseconds(250) }
        }
        #expect(try step.containers().isEmpty)
    }

    @Test(arguments: Ground.runtimes) func `is not awaited for a process in the background`(_ name: String) async throws
    {
        let step = try StepWorld(name)
        let result = try await step.run("(sleep 600 &) ; echo done")
        #expect(result.output == "done\n")
    }

    @Test func `is told when a limit can't be enforced`() async throws {
        let step = try StepWorld(try #require(Ground.runtimes.first))
        let result = try await step.run("nproc >/dev/null") { $0.limits.processes = 64 }
        #expect(result.outcome.exitCode == 0)
        let controllers = Set(Cgroup.controllers()).union(LegacyGroups.controllers().keys)
        #expect(step.warnings.withLock { $0.isEmpty } == controllers.contains("pids"))
    }

    @Test(.serialized, .timeLimit(.minutes(5)), arguments: Ground.runtimes)
    func `comes to what a killed weft left running`(_ name: String) async throws {
        let step = try StepWorld(name)
        unsafe setenv("WEFT_TEST_WORLD", step.world.path, 1)
        unsafe setenv("WEFT_TEST_RUNTIME", name, 1)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let path = try #require(Ground.variable("WEFT_TEST_WORLD"))
            let runtime = try Runtime.probe(preferred: Ground.variable("WEFT_TEST_RUNTIME"))
            var request = RunRequest(
                rootfs: path + "/merged", workDirectory: path + "/run", stateRoot: path + "/state", id: "orphan",
                arguments: ["/bin/sh", "-c", "echo up; sleep 600"])
            request.network = .none
            _ = try await runtime.run(request) { _, _ in kill(getpid(), SIGKILL) }
        }
        let state = "state/\(name)/orphan"
        #expect(try step.world.status(state) != nil)
        #expect(try Runtime.reap(stateRoot: step.stateRoot) == ["orphan"])
        #expect(try step.world.status("state") == nil)
        #expect(!Cgroup(id: "orphan").exists)
        #expect(try Runtime.reap(stateRoot: step.stateRoot) == [])
    }
}

@Suite(.enabled(if: Ground.isReady, Ground.need)) struct `A runtime that is warm` {
    @Test(arguments: Ground.runtimes) func `holds steps to the same filter`(_ name: String) async throws {
        let step = try StepWorld(name)
        let cache = try step.world.folder("cache", mode: 0o700)
        let work = try step.world.folder("warm")
        await step.runtime.warmUp(workDirectory: work, stateRoot: step.stateRoot, cache: cache)
        let filter = step.runtime.filters.text(devices: step.runtime.filtersDevices)
        #expect((filter != nil) == (name == "crun"))
        #expect(try step.world.tree("warm").isEmpty)
        #expect(try step.containers().isEmpty)
        let result = try await step.run(
            "grep Seccomp: /proc/self/status; unshare -m true 2>/dev/null; echo $?; mknod /tmp/d b 7 0 2>/dev/null; echo $?; "
                + "mknod /tmp/f p; echo $?")
        #expect(result.output == "Seccomp:\t2\n1\n\(step.runtime.filtersDevices ? 0 : 1)\n0\n")
    }

    @Test func `finds its filter again, and no other`() async throws {
        guard Ground.runtimes.contains("crun") else { return }
        let step = try StepWorld("crun")
        let cache = try step.world.folder("cache", mode: 0o700)
        let work = try step.world.folder("warm")
        func warm() async throws -> String? {
            let runtime = try Runtime.probe(preferred: "crun")
            await runtime.warmUp(workDirectory: work, stateRoot: step.stateRoot, cache: cache)
            return runtime.filters.text(devices: runtime.filtersDevices)
        }
        let first = try #require(try await warm())
        let file = try #require(try step.world.tree("cache").first)
        #expect(try await warm() == first)
        // Somebody else's file, and a broken one, are made anew.
        #expect(unsafe chown(cache + "/" + file, 1, 1) == 0)
        #expect(try await warm() == first)
        try Kernel.removeTree(try FileName(cache + "/" + file))
        try step.world.write("cache/" + file, "broken", mode: 0o400)
        #expect(try await warm() == first)
        #expect(try step.world.tree("cache") == [file])
    }
}
