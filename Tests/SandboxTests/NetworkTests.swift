// Steps in networks of their own: what they reach, what they don't, and what becomes of the networks.
import CLinux
import Glibc
import Synchronization
import Testing

@testable import Sandbox

@Suite(.serialized, .enabled(if: Ground.hasNetworks, Ground.networkNeed)) struct `A network of its own` {
    @Test(arguments: Ground.runtimes) func `reaches what is outside, by address and by name`(_ name: String)
        async throws
    {
        let world = try await NodeWorld()
        let pool = try world.pool()
        let step = try StepWorld(name, image: withPrograms)
        let result = try await withNetworks(pool) {
            let network = try await pool.take()
            return try await step.run(
                get("10.77.0.2") + get("some.name.test")
                    + "head -n 1 /etc/resolv.conf; cat /proc/sys/net/ipv4/ping_group_range"
            ) { $0.use(network) }
        }
        #expect(result.output == "outside\noutside\nnameserver 198.19.255.3\n0\t2147483647\n", "\(result.error)")
    }

    @Test(arguments: Ground.runtimes) func `reaches neither the node nor metadata nor another step`(_ name: String)
        async throws
    {
        let world = try await NodeWorld()
        let pool = try world.pool()
        let step = try StepWorld(name, image: withPrograms)
        let targets: [(String, UInt16)] = [
            ("127.0.0.1", 8080), ("10.77.0.1", 8081), ("10.99.0.1", 8082), ("169.254.169.254", 80),
        ]
        // From the node itself all of them answer.
        for (address, port) in targets {
            #expect(try await SmallServer.connect(from: world.node, to: address, port) == 0)
        }
        try await withNetworks(pool) {
            let (network, other) = (try await pool.take(), try await pool.take())
            let elsewhere = try await SmallServer.start(
                in: other.namespace, ports: [("198.19.255.100", 9000), ("127.0.0.1", 9000)], names: [], text: "other")
            // The gateway is not the node's loopback, either.
            let all =
                targets + [
                    ("198.19.255.2", 8080), ("198.19.255.3", 8080), ("10.77.0.2", 8080), ("198.19.255.100", 9000),
                    ("127.0.0.1", 9000), ("0.0.0.0", 8080),
                ]
            let script = all.map { get($0.0, $0.1) }
            let result = try await step.run(script.joined()) { $0.use(network) }
            #expect(result.output == String(repeating: "refused\n", count: all.count))
            withExtendedLifetime(elsewhere) {}
        }
    }

    @Test func `refuses sockets that are bound to the interface, too`() async throws {
        let world = try await NodeWorld()
        let pool = try world.pool(size: 1)
        try await withNetworks(pool) {
            let network = try await pool.take()
            for device in [nil, "eth0"] {
                for (address, port) in [("10.99.0.1", UInt16(8082)), ("169.254.169.254", 80)] {
                    let code = try await SmallServer.connect(
                        from: network.namespace, to: address, port, device: device)
                    #expect(code == ECONNREFUSED)
                }
                #expect(
                    try await SmallServer.connect(from: network.namespace, to: "10.77.0.2", 80, device: device) == 0)
            }
        }
    }

    @Test(arguments: Ground.runtimes) func `is all that the step sees, and can't be changed by it`(_ name: String)
        async throws
    {
        let world = try await NodeWorld()
        let pool = try world.pool(size: 1)
        let step = try StepWorld(name, image: withPrograms)
        let result = try await withNetworks(pool) {
            let network = try await pool.take()
            return try await step.run(
                "ls /sys/class/net; grep CapBnd /proc/self/status; ip link set eth0 down 2>/dev/null || echo refused; "
                    + "ip route del default 2>/dev/null || echo refused"
            ) { $0.use(network) }
        }
        #expect(result.output == "eth0\nlo\nCapBnd:\t00000000a80405fb\nrefused\nrefused\n")
    }

    @Test func `learns of new addresses of the node while it is in use`() async throws {
        let world = try await NodeWorld()
        let pool = try world.pool(size: 1)
        try await withNetworks(pool) {
            let network = try await pool.take()
            try world.change("addr add 10.88.0.1/32 dev o0")
            let server = try await SmallServer.start(
                in: world.node, ports: [("10.88.0.1", 8083)], names: [], text: "node")
            var code: CInt = 0
            for _ in 0..<500 where code != ECONNREFUSED {
                code = try await SmallServer.connect(from: network.namespace, to: "10.88.0.1", 8083)
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(code == ECONNREFUSED)
            withExtendedLifetime(server) {}
        }
    }

    @Test func `serves one step`() async throws {
        let world = try await NodeWorld()
        let pool = try world.pool(size: 1)
        let step = try StepWorld(try #require(Ground.runtimes.first))
        try await withNetworks(pool) {
            let network = try await pool.take()
            #expect(try await step.run("true") { $0.network = .nat(network) }.outcome.exitCode == 0)
            await #expect(throws: SandboxError.self) { try await step.run("true") { $0.network = .nat(network) } }
        }
    }
}
