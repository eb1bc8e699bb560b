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

    @Test(arguments: Ground.runtimes) func `carries IPv6 where the node has it, and opens nothing by it`(_ name: String)
        async throws
    {
        let world = try await NodeWorld(v6: true)
        let pool = try world.pool(size: 0)
        let step = try StepWorld(name, image: withPrograms)
        // From the node itself all of them answer.
        for address in NodeWorld.node6 + NodeWorld.outside6 {
            #expect(try await SmallServer.connect(from: world.node, to: address, 80) == 0, "\(address)")
        }
        try await withNetworks(pool) {
            let network = try await pool.take()
            for device in [nil, "eth0"] {
                for address in NodeWorld.node6 + NodeWorld.outside6.dropFirst() + ["fd00::2", "fd00::3"] {
                    let code = try await SmallServer.connect(
                        from: network.namespace, to: address, 80, device: device)
                    #expect([ECONNREFUSED, ENETUNREACH].contains(code), "\(address): \(code)")
                }
                let code = try await SmallServer.connect(
                    from: network.namespace, to: NodeWorld.outside6[0], 80, device: device)
                #expect(code == 0)
            }
            let result = try await step.run(
                get(NodeWorld.outside6[0]) + get("six.name.test") + get("some.name.test") + get("::1")
                    + get(NodeWorld.node6[0]) + get("fd00:ec2::254") + "ip -6 route | grep -c '^2000::/3 via fe80::2'; "
                    + "ip -6 route | grep -c '^default'"
            ) { $0.use(network) }
            #expect(
                result.output == "outside\noutside\noutside\nrefused\nrefused\nrefused\n1\n0\n", "\(result.error)")
        }
    }

    @Test(arguments: Ground.runtimes) func `has no way to IPv6 where the node has none, and says so`(_ name: String)
        async throws
    {
        let world = try await NodeWorld()
        let pool = try world.pool(size: 1)
        let step = try StepWorld(name, image: withPrograms)
        try await withNetworks(pool) {
            let network = try await pool.take()
            // Not a wait that ends some time: there is no route.
            #expect(
                try await SmallServer.connect(from: network.namespace, to: NodeWorld.outside6[0], 80) == ENETUNREACH)
            let result = try await step.run(get("six.name.test") + get("some.name.test")) { $0.use(network) }
            #expect(result.output == "refused\noutside\n", "\(result.error)")
        }
    }

    @Test func `is carried by IPv6 when the node has global addresses`() {
        #expect(NodeAddresses(v6: ["::1", "fe80::1", "2a01:4f8::1"]).hasGlobalV6)
        #expect(NodeAddresses(v6: ["3fff::1"]).hasGlobalV6)
        #expect(!NodeAddresses(v6: ["::1", "fe80::1", "fd00::2", "2::1", "200::1", "::2001:1"]).hasGlobalV6)
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
