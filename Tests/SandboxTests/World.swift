// A private folder for one test: small roots, files written as text, and what a step did to them.
import CLinux
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Sandbox

// Safety: paths are passed to system calls for the length of the call only.

final class World: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/weft-sandbox-XXXXXX".utf8CString)
        let made: String? = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let path = unsafe mkdtemp(base) else { return nil }
            return unsafe String(cString: path)
        }
        path = try #require(made)
    }

    deinit {
        do { try Kernel.removeTree(try FileName(path)) } catch { Issue.record("the test left files: \(error)") }
    }

    /// Makes a directory with all above it.
    @discardableResult
    func folder(_ name: String, mode: UInt32 = 0o755) throws -> String {
        var at = path
        for part in name.split(separator: "/") {
            at += "/" + part
            try Kernel.ensureDirectory(at, mode: 0o755)
        }
        _ = unsafe chmod(at, mode)
        return at
    }

    func write(_ name: String, _ text: String = "", mode: UInt32 = 0o644) throws {
        if let slash = name.lastIndex(of: "/") { try folder(String(name[..<slash])) }
        try Kernel.writeFile(try FileName(path + "/" + name), Array(text.utf8), mode: mode)
    }

    func link(_ name: String, to target: String) throws {
        if let slash = name.lastIndex(of: "/") { try folder(String(name[..<slash])) }
        #expect(unsafe symlink(target, path + "/" + name) == 0)
    }

    func read(_ name: String) throws -> String {
        let file = try Kernel.open(try FileName(path + "/" + name), flags: O_RDONLY | O_NOFOLLOW)
        return String(decoding: try Kernel.readAll(file, limit: 64 << 20), as: UTF8.self)
    }

    func status(_ name: String) throws -> FileStatus? {
        try Kernel.status(try FileName(path + "/" + name), at: Kernel.workingDirectory)
    }

    func target(of name: String) throws -> String {
        try Kernel.readLink(try FileName(path + "/" + name), at: Kernel.workingDirectory).text
    }

    func root(_ name: String) throws -> RootDirectory { try RootDirectory(path: path + "/" + name) }

    /// Every path below `name`, directories with a final slash, in byte order.
    func tree(_ name: String) throws -> [String] {
        try tree(Kernel.openDirectory(try FileName(path + "/" + name)), at: "")
    }

    private func tree(_ directory: Handle, at prefix: String) throws -> [String] {
        var paths: [String] = []
        for name in try Kernel.names(in: directory) {
            if try Kernel.status(name, at: directory)?.kind == .directory {
                paths.append(prefix + name.text + "/")
                paths += try tree(Kernel.openDirectory(name, at: directory), at: prefix + name.text + "/")
            } else {
                paths.append(prefix + name.text)
            }
        }
        return paths
    }

    func setTime(_ name: String, _ seconds: Int64) throws {
        let time = FileTime(seconds: seconds, nanoseconds: 0)
        try Kernel.setTimes(
            try FileName(path + "/" + name), at: Kernel.workingDirectory, accessed: time, modified: time)
    }
}

/// Whether this process may mount and start containers. CI must not skip: there the tests fail instead.
enum Ground {
    static let isReady: Bool = {
        let ready = geteuid() == 0 && variable("WEFT_IN_NAMESPACE") == "1" && !HostMounts.needsPlainCgroup
        return ready || variable("CI") == "true"
    }()

    static let need: Comment = "needs root and a mount namespace of its own: cluster-config/in-namespace swift test"

    static let runtimes: [String] = ["crun", "runc"].filter { (try? Runtime.probe(preferred: $0)) != nil }

    /// Programs for networks of steps that this host lacks; CI must not skip.
    static let hasNetworks: Bool = Ground.isReady && (variable("CI") == "true" || (try? NetworkPool()) != nil)

    static let networkNeed: Comment =
        "needs root, a mount namespace of its own and slirp4netns: apt-get install slirp4netns nftables iproute2"

    static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

/// A rootfs of busybox under an overlay, and steps on it.
final class StepWorld: Sendable {
    let world: World
    let runtime: Runtime
    let warnings = Mutex<[String]>([])
    private static let programs = [
        "sh", "cat", "echo", "id", "ls", "ln", "mv", "rm", "mkdir", "sleep", "grep", "env", "pwd", "mknod", "head",
        "stat",
        "true", "touch", "dd", "unshare", "chroot", "umount", "hostname", "df", "wc", "readlink", "ps", "nproc", "yes",
        "ip", "seq", "tail", "timeout", "usleep",
    ]

    init(_ runtime: String, image: (World) throws -> Void = { _ in }) throws {
        world = try World()
        try world.folder("lower/bin")
        try world.folder("lower/tmp", mode: 0o1777)
        let source = try RootDirectory(path: "/bin")
        var request = CopyRequest(
            sources: [CopySource(root: source, origin: .context, patterns: ["busybox"])], destination: "/bin/")
        request.mode = "755"
        try FileCopier.copy(request, into: world.root("lower"))
        for program in Self.programs { try world.link("lower/bin/\(program)", to: "busybox") }
        try image(world)
        for name in ["upper", "work", "merged", "run"] { try world.folder(name) }
        self.runtime = try Runtime.probe(preferred: runtime)
        try overlay.mount(at: merged)
    }

    deinit { try? Overlay.unmount(merged) }

    var merged: String { world.path + "/merged" }
    var stateRoot: String { world.path + "/state" }

    private var overlay: Overlay {
        Overlay(
            lower: [world.path + "/lower"],
            writable: Overlay.Writable(upper: world.path + "/upper", work: world.path + "/work"))
    }

    struct Result: Sendable {
        var outcome: RunOutcome
        var output: String
        var error: String
    }

    func request(_ arguments: [String], id: String = "step") -> RunRequest {
        RunRequest(
            rootfs: merged, workDirectory: world.path + "/run", stateRoot: stateRoot,
            id: "\(id)-\(world.path.suffix(6))",
            arguments: arguments)
    }

    /// Runs a shell script as a step.
    func run(_ script: String, _ change: (inout RunRequest) -> Void = { _ in }) async throws -> Result {
        var request = request(["/bin/sh", "-c", script])
        change(&request)
        return try await run(request)
    }

    func run(
        _ request: RunRequest, started: @escaping @Sendable () -> Void = {}
    ) async throws -> Result {
        let texts = Mutex<(output: [UInt8], error: [UInt8])>(([], []))
        var runtime = runtime
        runtime.warn = { [weak self] text in self?.warnings.withLock { $0.append(text) } }
        let outcome = try await runtime.run(request) { stream, bytes in
            texts.withLock { if stream == .output { $0.output += bytes } else { $0.error += bytes } }
            started()
        }
        return texts.withLock {
            Result(
                outcome: outcome, output: String(decoding: $0.output, as: UTF8.self),
                error: String(decoding: $0.error, as: UTF8.self))
        }
    }

    /// The runtime keeps nothing of a container that is gone.
    func containers() throws -> [String] {
        guard try world.status("state/" + runtime.kind.rawValue) != nil else { return [] }
        return try world.tree("state/" + runtime.kind.rawValue).filter { !$0.hasPrefix(".") }
    }

    var request: RunRequest { request(["/bin/true"]) }
}
