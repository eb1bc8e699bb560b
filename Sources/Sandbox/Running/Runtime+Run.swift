// Running one step: everything is prepared, the runtime is watched, and nothing is left behind.
import Glibc

// Safety: a path is passed to access(2) for the length of the call only.

extension Runtime {
    /// Bytes of the runtime's own log that are looked at.
    private static let logBytesMax = 64 << 10

    /// Runs `request` to its end. `output` is called on one thread of the run's own and may block: the step then waits.
    /// Cancellation of the task kills the container first and then throws `CancellationError`. In every case the
    /// container, its mounts and the mount points it needed are gone when this returns.
    package func run(
        _ request: RunRequest, output: @escaping @Sendable (StepOutput, [UInt8]) -> Void
    ) async throws -> RunOutcome {
        try request.check()
        try Task.checkCancellation()
        return try await onOwnThread { stop in try self.runBlocking(request, stop: stop, output: output) }
    }

    private func runBlocking(
        _ request: RunRequest, stop: StopSignal, output: (StepOutput, [UInt8]) -> Void
    ) throws -> RunOutcome {
        let root = try RootDirectory(path: request.rootfs)
        var stubs = MountStubs(in: root)
        var files = try StepFiles(in: request.workDirectory, id: request.id)
        let result = Result {
            if case .nat(let network) = request.network { try network.claim() }
            let control = try StepControl(request, runtime: kind, warn: warn)
            defer {
                control.groups.remove()
                Cgroup(id: request.id).remove()
            }
            let bundle = try prepare(request, control: control, root: root, files: &files, stubs: &stubs)
            return try supervise(request, control: control, bundle: bundle, files: files, stop: stop, output: output)
        }
        if case .nat(let network) = request.network { network.end() }
        // A step that ran is not undone by an untidy end, but somebody must hear of it.
        for kept in stubs.remove() { warn("a mount point stays in the layer: \(kept)") }
        do { try files.discard() } catch { warn("files of a run stay on this host: \(error)") }
        return try result.get()
    }

    private func prepare(
        _ request: RunRequest, control: StepControl, root: RootDirectory, files: inout StepFiles,
        stubs: inout MountStubs
    ) throws -> String {
        try Kernel.ensureDirectory(request.stateRoot)
        let user = try Accounts(of: root).stepUser(request.user)
        let directory = try StepDirectory.prepare(request.workingDirectory, in: root, owner: user.owner)
        let environment = Self.environment(request.environment + request.secretEnvironment, user: user)
        try StepProgram.check(
            request.arguments[0], environment: environment, directory: directory, in: root,
            hidden: request.mounts.map(\.target))
        let cgroup = Cgroup(id: request.id).path + (control.watched == nil ? "" : "/step")
        var spec = RuntimeSpec(
            rootfs: request.rootfs, readOnlyRoot: request.readOnlyRoot, arguments: request.arguments,
            environment: environment, workingDirectory: directory, user: user, hostname: request.hostname,
            network: request.network, cgroup: cgroup, ownCgroupNamespace: Cgroup.isUnified, mounts: [],
            resources: control.resources, killsFirst: !control.groups.isEmpty, filtersDevices: filtersDevices,
            compiledFilter: filters.text(devices: filtersDevices))
        if !filtersDevices { try Overlay.disableDevices(request.rootfs) }
        spec.mounts = try StepMounts.prepare(request, root: root, files: &files, stubs: &stubs)
        let secret = !request.secretEnvironment.isEmpty
        if secret { warnIfStateOnDisk(request.stateRoot) }
        let bundle = try files.bundle(secret: secret)
        try Kernel.writeFile(try FileName(bundle + "/config.json"), spec.json.bytes, mode: 0o600)
        return bundle
    }

    /// The variables a step expects whatever the image says, as BuildKit and runc set them.
    static func environment(_ given: [String], user: StepUser) -> [String] {
        var environment = given
        if !given.contains(where: { $0.hasPrefix("PATH=") }) {
            environment.insert("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", at: 0)
        }
        if !given.contains(where: { $0.hasPrefix("HOME=") }) { environment.append("HOME=" + user.home) }
        return environment
    }

    /// crun keeps a copy of config.json with its state.
    private func warnIfStateOnDisk(_ stateRoot: String) {
        let tmpfsMagic: Int64 = 0x0102_1994
        if Kernel.magic(of: stateRoot) != tmpfsMagic {
            warn("secrets in the environment touch the disk while the step runs: \(stateRoot) is not on a tmpfs")
        }
    }

    private func supervise(
        _ request: RunRequest, control: StepControl, bundle: String, files: StepFiles, stop: StopSignal,
        output: (StepOutput, [UInt8]) -> Void
    ) throws -> RunOutcome {
        let command = command(stateRoot: request.stateRoot, log: files.log)
        var child = try control.groups.inside {
            try ChildProcess(command + ["run", "--bundle", bundle, request.id])
        }
        let process = child.process
        let ended = try child.wait(stop: stop, limit: request.limits.time, output: output) { elapsed in
            end(request, process: process, elapsed: elapsed)
        }
        forget(request, force: ended.stopped != nil)
        switch ended.stopped {
        case .cancelled: throw CancellationError()
        case .timeLimit: throw SandboxError.timeLimit(seconds: request.limits.time.map { $0 / .seconds(1) } ?? 0)
        case nil: break
        }
        let outOfMemory = control.ranOutOfMemory
        if ended.code != 0, !outOfMemory, let failure = try failure(files.log, program: request.arguments[0]) {
            throw failure
        }
        return RunOutcome(
            exitCode: ended.code, outOfMemory: outOfMemory, outOfProcesses: control.ranOutOfProcesses)
    }

    /// One attempt to end the container. The group's kill switch works at once; the runtime's own, a tenth of a second
    /// later, where there is none; the runtime itself is killed last, as it would leave the container behind.
    private func end(_ request: RunRequest, process: CInt, elapsed: Duration) {
        let killed = Cgroup(id: request.id).kill()
        if !killed || elapsed > .milliseconds(100) {
            _ = try? ChildProcess.run(command(stateRoot: request.stateRoot) + ["kill", request.id, "KILL"])
        }
        if elapsed > .seconds(5) { kill(process, SIGKILL) }
    }

    /// `run` deletes the container when it ends well; otherwise it is done here.
    private func forget(_ request: RunRequest, force: Bool) {
        let state = request.stateRoot + "/" + kind.rawValue + "/" + request.id
        let known = unsafe access(state, F_OK) == 0
        guard force || known else { return }
        _ = try? ChildProcess.run(command(stateRoot: request.stateRoot) + ["delete", "--force", request.id])
    }

    /// The runtime's own complaint, if it has one: the step's exit code is then not the step's.
    private func failure(_ log: String, program: String) throws -> SandboxError? {
        let name = try FileName(log)
        guard let file = try? Kernel.open(name, flags: O_RDONLY) else { return nil }
        let text = String(decoding: try Kernel.readAll(file, limit: Self.logBytesMax), as: UTF8.self)
        return RuntimeLog.failure(text, program: program, runtime: kind.rawValue)
    }
}
