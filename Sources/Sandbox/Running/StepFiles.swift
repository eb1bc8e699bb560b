// The files and mounts of one run outside its root: bundle, resolv.conf, hosts, secrets, bind sources.
import CLinux
import Glibc

// Safety: paths are passed to mount calls for the length of the call only.

/// A private folder of one run. `discard` leaves nothing of it.
struct StepFiles {
    /// Bytes of the host's resolv.conf that are passed on.
    static let resolverBytesMax = 64 << 10

    let folder: String
    private var mounted: [String] = []
    private var memory: String?
    private var numbered = 0

    init(in workDirectory: String, id: String) throws {
        folder = workDirectory + "/run-" + id
        try Kernel.makeDirectory(try FileName(folder), at: Kernel.workingDirectory, mode: 0o700)
    }

    /// A number that no file of the run bears yet.
    mutating func nextNumber() -> Int {
        numbered += 1
        return numbered
    }

    /// Where the runtime writes its own errors, apart from the step's.
    var log: String { folder + "/log" }

    /// Writes a small file and gives its path.
    func write(_ name: String, _ content: [UInt8], mode: UInt32 = 0o644) throws -> String {
        let path = folder + "/" + name
        try Kernel.writeFile(try FileName(path), content, mode: mode)
        return path
    }

    /// Writes a file that never reaches a disk or swap, and gives its path.
    mutating func writeSecret(
        _ name: String, _ content: [UInt8], mode: UInt32 = 0o400, owner: FileOwner = .root
    ) throws -> String {
        let path = try memoryFolder() + "/" + name
        try Kernel.writeFile(try FileName(path), content, mode: 0o400)
        try Kernel.chown(try FileName(path), at: Kernel.workingDirectory, owner)
        try Kernel.check(unsafe chmod(path, mode), "change the mode of", path)
        return path
    }

    /// ramfs and not tmpfs: its pages are never swapped. A secret may be a program: whether it can be executed is said
    /// where it is mounted in the step.
    private mutating func memoryFolder() throws -> String {
        if let memory { return memory }
        let path = folder + "/memory"
        try Kernel.ensureDirectory(path)
        let flags = UInt(MS_NOSUID | MS_NODEV)
        try Kernel.checkShim(unsafe linux_mount("ramfs", path, flags, "mode=700"), "mount a ramfs at", path)
        mounted.append(path)
        memory = path
        return path
    }

    /// Pins what `source` is open on to a path that only this run knows.
    mutating func bind(_ source: Handle, directory: Bool, readOnly: Bool) throws -> String {
        let path = folder + "/mount-\(nextNumber())"
        if directory {
            try Kernel.ensureDirectory(path)
        } else {
            try Kernel.writeFile(try FileName(path), [], mode: 0o600)
        }
        try Kernel.checkShim(unsafe linux_bind(source.raw, path, readOnly ? 1 : 0), "bind a mount's source at", path)
        mounted.append(path)
        return path
    }

    /// The folder for config.json: in memory when the config holds a secret.
    mutating func bundle(secret: Bool) throws -> String {
        let path = (secret ? try memoryFolder() : folder) + "/bundle"
        try Kernel.ensureDirectory(path)
        return path
    }

    /// What the step gets as /etc/resolv.conf: the host's, with the NAT's name server in a network of its own.
    func writeResolver(_ network: RunRequest.Network) throws -> String {
        let host = try RootDirectory(path: "/").read("/etc/resolv.conf", limit: Self.resolverBytesMax) ?? []
        if case .nat = network { return try write("resolv.conf", PooledNetwork.resolver(host: host)) }
        return try write("resolv.conf", host)
    }

    /// What the step gets as /etc/hosts: BuildKit's lines, the same on every node, and not the host's file.
    func writeHosts(hostname: String, extra: [ExtraHost]) throws -> String {
        var text = "127.0.0.1\tlocalhost \(hostname)\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        for host in extra { text += "\(host.address)\t\(host.name)\n" }
        return try write("hosts", Array(text.utf8))
    }

    /// Unmounts and removes everything.
    mutating func discard() throws {
        while let path = mounted.popLast() {
            try Kernel.checkShim(unsafe linux_detach(path), "unmount", path)
        }
        try Kernel.removeTree(try FileName(folder))
    }
}
