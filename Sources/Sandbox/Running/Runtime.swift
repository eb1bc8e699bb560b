// The OCI runtime of this host: found, checked, and what its cgroups can do.
import CLinux
import Glibc

// Safety: paths and one structure are passed to system calls for the length of the call only.

/// crun or runc. weft writes no container runtime of its own.
package struct Runtime: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case crun
        case runc
    }

    package let kind: Kind
    package let path: String
    package let version: String
    /// Whether this runtime can filter the use of devices here. crun raises its memlock limit for it, which takes
    /// CAP_SYS_RESOURCE: containers and some virtual machines lack that.
    let filtersDevices: Bool
    let filters = CompiledFilters()
    /// Gets sentences about what a run had to leave out, as limits that the host can't enforce.
    package var warn: @Sendable (String) -> Void = { _ in }

    private static let systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// Finds the fastest runtime that works here: crun, else runc. `preferred`, from WEFT_OCI_RUNTIME, is a name or an
    /// absolute path and is then the only candidate; `searchPath` is PATH. Blocks for some milliseconds.
    package static func probe(preferred: String? = nil, searchPath: String? = nil) throws -> Runtime {
        let folders = (searchPath ?? "").split(separator: ":").map(String.init) + systemFolders
        if let preferred, !preferred.isEmpty {
            let path = preferred.hasPrefix("/") ? preferred : find(preferred, in: folders)
            guard let path else { throw notFound("WEFT_OCI_RUNTIME names \"\(preferred)\", which is not on PATH") }
            return try checked(path)
        }
        var failures: [String] = []
        for kind in Kind.allCases {
            guard let path = find(kind.rawValue, in: folders) else { continue }
            if kind == .crun, HostMounts.needsPlainCgroup {
                failures.append("\(path) refuses hybrid cgroups outside weft's own mount namespace")
                continue
            }
            do { return try checked(path) } catch { failures.append("\(error)") }
        }
        throw notFound(failures.isEmpty ? "neither crun nor runc is installed" : failures.joined(separator: "; "))
    }

    private static func notFound(_ why: String) -> SandboxError {
        .host("no OCI runtime to run steps with: \(why). Install one: apt-get install crun (or runc)")
    }

    /// A program in `searchPath` (PATH) or where systems keep theirs.
    static func find(_ name: String, searchPath: String?) -> String? {
        find(name, in: (searchPath ?? "").split(separator: ":").map(String.init) + systemFolders)
    }

    private static func find(_ name: String, in folders: [String]) -> String? {
        folders.filter { $0.hasPrefix("/") }.map { $0 + "/" + name }.first { unsafe access($0, X_OK) == 0 }
    }

    private static func checked(_ path: String) throws -> Runtime {
        guard unsafe access(path, X_OK) == 0 else { throw notFound("\(path) is not a program") }
        let answer: (code: Int32, text: String)
        do { answer = try ChildProcess.run([path, "--version"]) } catch {
            throw notFound("\(path) can't be started: \(error)")
        }
        let words = answer.text.split { $0 == " " || $0 == "\n" }.map(String.init)
        guard answer.code == 0, words.count >= 3, words[1] == "version", let kind = Kind(rawValue: words[0]) else {
            throw SandboxError.host(
                "\(path) --version answered \"\(answer.text.prefix(200))\" (exit code \(answer.code)): "
                    + "it is neither crun nor runc")
        }
        let filters = kind == .runc || !Cgroup.isUnified || canRaiseLimits
        return Runtime(kind: kind, path: path, version: words[2], filtersDevices: filters)
    }

    private static var canRaiseLimits: Bool {
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(8), &limit) == 0, limit.rlim_max == rlim_t.max { return true }
        return linux_may_raise_limits() > 0
    }

    /// The runtime's command line up to its verb.
    func command(stateRoot: String, log: String? = nil) -> [String] {
        var command = [path, "--root", stateRoot + "/" + kind.rawValue]
        if let log { command += ["--log", log, "--log-format", "json"] }
        if kind == .crun { command.append("--cgroup-manager=cgroupfs") }
        return command
    }
}
