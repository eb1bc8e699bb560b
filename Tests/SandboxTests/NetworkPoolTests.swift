// The pool of networks: many steps, deaths of its processes, and its own end.
import CLinux
import Glibc
import Synchronization
import Testing

@testable import Sandbox

extension `A network of its own` {
    @Suite(.serialized) struct `from a pool` {
        @Test(.timeLimit(.minutes(5)), arguments: Ground.runtimes)
        func `is there for one step after another`(_ name: String) async throws {
            let world = try await NodeWorld()
            let pool = try world.pool()
            let step = try StepWorld(name, image: withPrograms)
            try await withNetworks(pool) {
                for number in 0..<(name == "crun" ? 50 : 10) {
                    var request = step.request(["/bin/sh", "-c", get("10.77.0.2")], id: "s\(number)")
                    request.use(try await pool.take())
                    #expect(try await step.run(request).output == "outside\n")
                }
            }
            #expect(pool.counts.lost == 0)
            #expect(try NodeWorld.processes() == [])
        }

        @Test(.timeLimit(.minutes(5))) func `is there for 16 steps at once`() async throws {
            let world = try await NodeWorld()
            let pool = try world.pool()
            let name = try #require(Ground.runtimes.first)
            try await withNetworks(pool) {
                try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<16 {
                        group.addTask {
                            let step = try StepWorld(name, image: withPrograms)
                            var request = step.request(["/bin/sh", "-c", get("10.77.0.2")], id: "p\(number)")
                            request.use(try await pool.take())
                            return try await step.run(request).output
                        }
                    }
                    for try await output in group { #expect(output == "outside\n") }
                }
                try await becomes("the pool is full again") { pool.counts.ready == 2 }
            }
            #expect(pool.counts.made >= 16)
            #expect(try NodeWorld.processes() == [])
        }

        @Test(.timeLimit(.minutes(5))) func `is made anew when its NAT dies`() async throws {
            let world = try await NodeWorld()
            let warnings = Mutex<[String]>([])
            let pool = try world.pool { text in warnings.withLock { $0.append(text) } }
            try await withNetworks(pool) {
                try await becomes("the pool is full") { pool.counts.ready == 2 }
                let before = try NodeWorld.processes()
                #expect(before.count == 2)
                for process in before { kill(process, SIGKILL) }
                try await becomes("both are missed") { pool.counts.lost == 2 }
                try await becomes("the pool is full again") { pool.counts.ready == 2 }
                let network = try await pool.take()
                #expect(try await SmallServer.connect(from: network.namespace, to: "10.77.0.2", 80) == 0)
                #expect(try Set(NodeWorld.processes()).isDisjoint(with: before))
            }
            #expect(warnings.withLock { $0.count } == 2)
        }

        @Test(.timeLimit(.minutes(5))) func `is not made ahead without end when NATs keep dying`() async throws {
            let world = try await NodeWorld()
            let pool = try world.pool(size: 1)
            try await withNetworks(pool) {
                for lost in 1...NetworkPool.lossesMax {
                    try await becomes("one is ready") { pool.counts.ready == 1 }
                    for process in try NodeWorld.processes() { kill(process, SIGKILL) }
                    try await becomes("it is missed") { pool.counts.lost == lost }
                }
                #expect(pool.counts == NetworkPool.Counts(ready: 0, made: 3, lost: 3))
                #expect(try await pool.take().isAlive)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `is said to be impossible where it is`() async throws {
            let world = try await NodeWorld()
            let pool = try world.pool(size: 1, nat: "/bin/false")
            try await withNetworks(pool) {
                for _ in 0..<2 {
                    let error = await #expect(throws: SandboxError.self) { _ = try await pool.take() }
                    #expect(error?.description.contains("slirp4netns ended") == true, "\(String(describing: error))")
                }
            }
            await #expect(throws: SandboxError.host("the pool of networks has ended")) { _ = try await pool.take() }
            #expect(try NodeWorld.processes() == [])
        }

        @Test(.timeLimit(.minutes(5))) func `ends with a cancelled taker, and with its last holder`() async throws {
            let world = try await NodeWorld()
            let pool = try world.pool(size: 0)
            let taker = Task { try await pool.take() }
            taker.cancel()
            await #expect(throws: CancellationError.self) { _ = try await taker.value }
            try await withNetworks(pool) {
                var network: PooledNetwork? = try await pool.take()
                #expect(network?.isAlive == true)
                network = nil
                try await becomes("its NAT is gone") { try NodeWorld.processes() == [] }
            }
        }

        @Test(.timeLimit(.minutes(5))) func `leaves nothing of a killed weft`() async throws {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                let world = try await NodeWorld()
                let pool = try world.pool()
                try await withNetworks(pool) {
                    let network = try await pool.take()
                    try await becomes("the pool is full") { pool.counts.ready == 2 }
                    #expect(try NodeWorld.processes().count == 3)
                    withExtendedLifetime(network) { _ = kill(getpid(), SIGKILL) }
                }
            }
            try await becomes("its processes are gone") { try NodeWorld.processes() == [] }
        }
    }

    @Test func `has rules that no setting can break out of`() throws {
        let rules = NetworkRules(node: NodeAddresses(), refused: ["10.1.0.0/16", "fd01::/64"]).text
        #expect(rules.contains("168.63.129.16, 10.1.0.0/16 }"))
        #expect(rules.contains("2002::/16, fd01::/64 }"))
        for wrong in ["", "10.0.0.1 } }", "10.0.0.1, lo", "10.0.0.1;"] {
            #expect(throws: SandboxError.self) {
                try NetworkPool(NetworkPool.Configuration(refused: [wrong]))
            }
        }
        #expect(throws: SandboxError.self) { try NetworkPool(NetworkPool.Configuration(size: 65)) }
    }
}
