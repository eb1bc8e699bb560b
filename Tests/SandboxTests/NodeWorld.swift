// A node of one's own for network tests: two namespaces and a wire, servers on both sides, and no trace afterwards.
import CLinux
import Glibc
import Synchronization
import Testing

@testable import Sandbox

/// The node has 10.77.0.1 on the wire and 10.99.0.1 beside; what is outside has 10.77.0.2, a metadata service, and the
/// address of every name server of this host. With IPv6 it is the same again, and a neighbour with a unique local address.
final class NodeWorld: Sendable {
    let node: Handle
    let outside: Handle
    private let holders: Mutex<[(process: BackgroundProcess, input: Handle)]>
    private let servers = Mutex<[SmallServer]>([])

    init(v6: Bool = false) async throws {
        var holders: [(process: BackgroundProcess, input: Handle)] = []
        for _ in 0..<2 { holders.append(try Self.holder()) }
        self.holders = Mutex(holders)
        let (first, second) = (holders[0].process.process, holders[1].process.process)
        node = try Kernel.open(try FileName("/proc/\(first)/ns/net"), flags: O_RDONLY)
        outside = try Kernel.open(try FileName("/proc/\(second)/ns/net"), flags: O_RDONLY)
        try Self.ip(first, "link add o0 type veth peer name o1 netns \(second)")
        for line in ["lo up", "o0 up"] { try Self.ip(first, "link set " + line) }
        for line in ["lo up", "o1 up"] { try Self.ip(second, "link set " + line) }
        for line in ["10.77.0.1/24", "10.99.0.1/32"] { try Self.ip(first, "addr add \(line) dev o0") }
        for line in ["10.77.0.2/24 dev o1", "169.254.169.254 dev lo"] { try Self.ip(second, "addr add " + line) }
        try Self.ip(first, "route add default via 10.77.0.2")
        if v6 { try Self.addV6(first, second) }
        var names: [String] = []
        for server in Self.nameServers {
            if !server.hasPrefix("127.") { try Self.ip(second, "addr add \(server)/32 dev lo") }
            names.append(server)
        }
        let far = names.filter { !$0.hasPrefix("127.") }
        let outer = try await SmallServer.start(
            in: outside,
            ports: [("10.77.0.2", 80), ("169.254.169.254", 80)] + (v6 ? Self.outside6.map { ($0, 80) } : []),
            names: far, text: "outside")
        let inner = try await SmallServer.start(
            in: node,
            ports: [("127.0.0.1", 8080), ("10.77.0.1", 8081), ("10.99.0.1", 8082)]
                + (v6 ? (Self.node6 + ["::1"]).map { ($0, 80) } : []),
            names: names.filter { $0.hasPrefix("127.") }, text: "node")
        servers.withLock { $0 = [outer, inner] }
    }

    static let node6 = ["2001:db8:77::1", "2001:db8:99::1", "fd99::1"]
    /// The first is what a step may reach.
    static let outside6 = ["2001:db8:77::2", "fd00:ec2::254", "fd77::2", "2002:a4d:2::2", "64:ff9b::a4d:2"]

    private static func addV6(_ node: CInt, _ outside: CInt) throws {
        for address in node6 { try ip(node, "addr add \(address)/64 dev o0 nodad") }
        for address in outside6 { try ip(outside, "addr add \(address)/64 dev o1 nodad") }
        try ip(node, "route add ::/0 via 2001:db8:77::2")
        try ip(outside, "route add ::/0 via 2001:db8:77::1")
    }

    deinit {
        servers.withLock { $0 = [] }
        holders.withLock { for holder in $0 { holder.process.end() } }
    }

    /// A pool of this node; `nat` takes the place of slirp4netns.
    func pool(
        size: Int = 2, nat: String? = nil, warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> NetworkPool {
        var configuration = NetworkPool.Configuration(size: size)
        configuration.nat = nat
        configuration.host = node
        return try NetworkPool(configuration, warn: warn)
    }

    func change(_ line: String) throws {
        try Self.ip(holders.withLock { $0[0].process.process }, line)
    }

    private static func holder() throws -> (process: BackgroundProcess, input: Handle) {
        let input = try ChildProcess.pipe()
        try Kernel.writeAll([0], to: input.write)
        let unshare = try #require(Runtime.find("unshare", searchPath: nil))
        let process = try BackgroundProcess([unshare, "--net", "/bin/cat"], input: input.read)
        #expect(try Kernel.readChunk(process.output, count: 1).count == 1)
        return (process, input.write)
    }

    private static func ip(_ process: CInt, _ line: String) throws {
        let nsenter = try #require(Runtime.find("nsenter", searchPath: nil))
        let ip = try #require(Runtime.find("ip", searchPath: nil))
        let words = line.split(separator: " ").map(String.init)
        let answer = try ChildProcess.run([nsenter, "--net", "--target", String(process), ip] + words)
        guard answer.code == 0 else { throw SandboxError.host("ip \(line): \(answer.text)") }
    }

    /// IPv4 servers of the host's resolv.conf.
    private static var nameServers: [String] {
        let file = try? RootDirectory(path: "/").read("/etc/resolv.conf", limit: StepFiles.resolverBytesMax)
        let text = String(decoding: file ?? [], as: UTF8.self)
        let servers = text.split(separator: "\n").filter { $0.hasPrefix("nameserver ") }
        return servers.map { String($0.dropFirst(11)) }.filter { !$0.contains(":") }
    }

    /// Processes that belong to networks of steps, this host over.
    static func processes() throws -> [CInt] {
        let directory = try Kernel.openDirectory("/proc")
        return try Kernel.names(in: directory).compactMap { name in
            guard let process = CInt(name.text), let path = try? FileName(name.text + "/status"),
                let file = try? Kernel.open(path, at: directory, flags: O_RDONLY),
                let status = try? Kernel.readAll(file, limit: 64 << 10),
                String(decoding: status, as: UTF8.self).contains("\nUid:\t\(NetworkPrograms.user)\t")
            else { return nil }
            return process
        }
    }
}

/// The C library's way to names and addresses: busybox, linked statically, has none. The host's programs come by a mount.
func withPrograms(_ world: World) throws {
    for name in ["lib", "lib64"] { try world.link("lower/\(name)", to: "usr/\(name)") }
}

/// A line of a script that prints what the server says, or `refused`.
func get(_ host: String, _ port: UInt16 = 80) -> String {
    "timeout 5 /usr/bin/bash -c 'exec 3<>/dev/tcp/\(host)/\(port); echo >&3; tail -n 1 <&3' 2>/dev/null || echo refused; "
}

extension RunRequest {
    mutating func use(_ network: PooledNetwork) {
        self.network = .nat(network)
        guard let programs = try? Handle.open(path: "/usr") else { return }
        mounts.append(.bind(programs.descriptor, at: "/usr", readOnly: true))
        Self.held.withLock { $0.append(programs) }
    }

    /// A mount's descriptor stays open as long as the run.
    private static let held = Mutex<[Handle]>([])
}

/// Waits for something that nobody reports; fails after a minute.
func becomes(_ what: String, _ condition: () throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: .seconds(60))
    while try !condition() {
        guard clock.now < deadline else {
            Issue.record("never: \(what)")
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
