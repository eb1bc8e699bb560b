// Ending what a killed weft left running.
import Glibc

extension Runtime {
    /// Containers of one state root that are looked at.
    private static let containersMax = 10_000
    /// How long a killed container may take to be gone.
    private static let reapLimit = Duration.seconds(10)

    /// Ends every container listed in `stateRoot`, which belonged to a process that is dead or at its end, and removes
    /// `stateRoot`. The caller holds that process's lock, so that nobody starts there. Gives the ids of what was ended.
    package static func reap(stateRoot: String, searchPath: String? = nil) throws -> [String] {
        guard try Kernel.status(try FileName(stateRoot), at: Kernel.workingDirectory) != nil else { return [] }
        var ended: [String] = []
        for kind in Kind.allCases {
            let folder = stateRoot + "/" + kind.rawValue
            guard let directory = try? Kernel.openDirectory(try FileName(folder)) else { continue }
            // crun keeps a cache beside its containers, with a dot.
            let ids = try Kernel.names(in: directory).map(\.text).filter { !$0.hasPrefix(".") }
            let runtime = ids.isEmpty ? nil : try? probe(preferred: kind.rawValue, searchPath: searchPath)
            for id in ids.prefix(containersMax) {
                runtime?.reap(id, stateRoot: stateRoot)
                try endGroup(id)
                LegacyGroups.remove(id: id)
                ended.append(id)
            }
        }
        try Kernel.removeTree(try FileName(stateRoot))
        return ended
    }

    private func reap(_ id: String, stateRoot: String) {
        let command = command(stateRoot: stateRoot)
        _ = try? ChildProcess.run(command + ["kill", id, "KILL"])
        _ = try? ChildProcess.run(command + ["delete", "--force", id])
    }

    /// What the runtime's own state no longer told of still sits in its group.
    private static func endGroup(_ id: String) throws {
        let group = Cgroup(id: id)
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: reapLimit)
        while group.exists {
            group.kill()
            group.remove()
            if !group.exists { return }
            guard clock.now < deadline else {
                throw SandboxError.host(
                    "the container \(id) of an earlier weft can't be ended: see /sys/fs/cgroup\(group.path)")
            }
            usleep(5000)
        }
    }
}
