// Stories of claims between nodes, as people would tell them.
import Membership
import Mesh
import MeshSimulation
import Synchronization
import Testing

@Suite struct `Claims between nodes` {
    /// Two or three nodes, all linked, that see each other since long.
    final class Mesh3: Sendable {
        let nodes: [ClaimNode]
        let clock: SimulatedClock
        let diary = Diary()
        /// The node that is the home of `key`, and one that isn't.
        let key: Int
        private let links = Mutex<[SimulatedLink]>([])

        init(_ clock: SimulatedClock, home: Int = 0) {
            self.clock = clock
            nodes = (0..<3).map { ClaimNode($0, members: [0, 1, 2], clock) }
            let homes = ClaimNames.homes([0, 1, 2])
            key = (0..<1_000).first { homes.home(of: ClaimNames.key($0).homeBytes) == ClaimNames.node(home) } ?? 0
        }

        func run(_ story: @escaping @Sendable (Mesh3) async -> Void) async {
            await withDiscardingTaskGroup { group in
                for node in nodes { group.addTask { await node.whileUp { await node.keeper.run() } } }
                for (left, right) in [(0, 1), (0, 2), (1, 2)] {
                    let (left, right) = (nodes[left], nodes[right])
                    let pair = SimulatedLink.pair(left.identity, right.identity, clock: clock, seed: 1)
                    links.withLock { $0 += [pair.left, pair.right] }
                    group.addTask { _ = await left.system.serve(pair.left) }
                    group.addTask { _ = await right.system.serve(pair.right) }
                }
                try? await clock.sleep(for: .seconds(10))
                await story(self)
                try? await clock.sleep(for: .seconds(10))
                for node in nodes where !node.isDown && node.keeper.openCount > 0 { say("\(node.name) keeps claims") }
                group.cancelAll()
                for node in nodes { node.goDown() }
            }
        }

        func say(_ line: String) { diary.write("\(Int(clock.now.elapsed / .seconds(1)) - 10) s: \(line)") }
        func pass(_ seconds: Double) async { try? await clock.sleep(for: .seconds(seconds)) }

        /// An order whose stage takes so many seconds.
        func order(_ build: String, at number: Int, seconds: Double, fails: Bool = false) async {
            let node = nodes[number]
            do {
                let want = ClaimWant(key: ClaimNames.key(key), build: build)
                let end = try await node.keeper.once(want) {
                    self.say("\(build) waits for \($0 ?? "nobody")")
                } take: { from in
                    guard from != node.name else { return node.has(want.key.digest) ? "takes its own" : nil }
                    let step = await node.keeper.remembered(want.key.digest, of: want.key.buildClass, at: from)
                    return step == nil ? nil : "takes that of \(from)"
                } build: {
                    self.say("\(build) builds at \(node.name)")
                    let isWhole = (try? await self.clock.sleep(for: .seconds(seconds))) != nil
                    if isWhole, !fails { node.remember(want.key.digest) }
                    return (isWhole ? fails ? "fails" : "is done" : "is stopped", isWhole && !fails)
                }
                say("\(build) \(end)")
            } catch {
                say("\(build) is cancelled")
            }
        }
    }

    private static func tell(_ story: @escaping @Sendable (Mesh3) async -> Void) throws -> [String] {
        try Simulation.run(seed: 1) { clock in
            let mesh = Mesh3(clock)
            await mesh.run(story)
            return mesh.diary.lines
        }
    }

    @Test func `two builds want a stage, and one builds it`() throws {
        let told = try Self.tell { mesh in
            async let first: Void = mesh.order("first", at: 1, seconds: 20)
            await mesh.pass(1)
            await mesh.order("second", at: 2, seconds: 20)
            await first
            let (home, one, two) = (
                mesh.nodes[0].keeper.counts, mesh.nodes[1].keeper.counts, mesh.nodes[2].keeper.counts
            )
            mesh.say("home: \(home.home.granted) granted, \(home.home.waited) waited, \(home.home.shared) shared")
            mesh.say("n1: \(one.granted) granted, n2: \(two.waited) waited, \(two.reused) reused")
        }
        #expect(
            told.sorted() == [
                "0 s: first builds at n1", "1 s: second waits for n1", "20 s: first is done",
                "20 s: home: 1 granted, 1 waited, 1 shared",
                "20 s: n1: 1 granted, n2: 1 waited, 1 reused", "20 s: second takes that of n1",
            ])
    }

    @Test func `on one node they share, too`() throws {
        let told = try Self.tell { mesh in
            async let first: Void = mesh.order("first", at: 1, seconds: 5)
            await mesh.pass(1)
            await mesh.order("second", at: 1, seconds: 5)
            await first
        }
        #expect(
            told.sorted() == [
                "0 s: first builds at n1", "1 s: second waits for n1", "5 s: first is done",
                "5 s: second takes its own",
            ])
    }

    @Test func `what failed is tried by the next`() throws {
        let told = try Self.tell { mesh in
            async let first: Void = mesh.order("first", at: 1, seconds: 5, fails: true)
            await mesh.pass(1)
            await mesh.order("second", at: 2, seconds: 5)
            await first
        }
        #expect(
            told.sorted() == [
                "0 s: first builds at n1", "1 s: second waits for n1", "10 s: second is done", "5 s: first fails",
                "5 s: second builds at n2",
            ])
    }

    @Test func `the first is cancelled, and the second builds; the other way round nothing happens to the first`()
        throws
    {
        let told = try Self.tell { mesh in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await mesh.order("first", at: 1, seconds: 50) }
                await mesh.pass(1)
                async let second: Void = mesh.order("second", at: 2, seconds: 5)
                await mesh.pass(4)
                group.cancelAll()
                await second
            }
        }
        #expect(
            told.sorted() == [
                "0 s: first builds at n1", "1 s: second waits for n1", "10 s: second is done", "5 s: first is stopped",
                "5 s: second builds at n2",
            ])

        let other = try Self.tell { mesh in
            async let first: Void = mesh.order("first", at: 1, seconds: 20)
            await mesh.pass(1)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await mesh.order("second", at: 2, seconds: 5) }
                await mesh.pass(4)
                group.cancelAll()
            }
            await first
        }
        #expect(
            other == [
                "0 s: first builds at n1", "1 s: second waits for n1", "5 s: second is cancelled",
                "20 s: first is done",
            ])
    }

    @Test func `the one who builds dies, and the next begins six seconds later at most`() throws {
        let told = try Self.tell { mesh in
            async let first: Void = mesh.nodes[1].whileUp { await mesh.order("first", at: 1, seconds: 100) }
            async let second: Void = mesh.order("second", at: 2, seconds: 5)
            await mesh.pass(10)
            mesh.nodes[1].goDown()
            _ = await (first, second)
        }
        let began = told.first { $0.hasSuffix("second builds at n2") }.flatMap { Int($0.prefix { $0 != " " }) }
        #expect(began.map { (10...18).contains($0) } == true, "\(told)")
    }

    @Test func `the home dies, and the next home lets nobody build it twice`() throws {
        let told = try Self.tell { mesh in
            async let first: Void = mesh.order("first", at: 1, seconds: 30)
            await mesh.pass(1)
            async let second: Void = mesh.order("second", at: 2, seconds: 5)
            await mesh.pass(3)
            mesh.nodes[0].goDown()
            await mesh.pass(1)
            for node in mesh.nodes { node.seen.see([1, 2]) }
            _ = await (first, second)
        }
        #expect(
            told.sorted() == [
                "0 s: first builds at n1", "1 s: second waits for n1", "30 s: first is done",
                "30 s: second takes that of n1",
            ])
    }

    @Test func `a home that nobody reaches is not waited for`() throws {
        let told = try Self.tell { mesh in
            mesh.nodes[0].goDown()
            await mesh.order("only", at: 1, seconds: 5)
        }
        #expect(told.count == 2)
        #expect(told.first.map { ["2 s", "3 s"].contains(String($0.prefix(3))) } == true, "\(told)")
    }

    @Test func `the clock of the home jumps an hour, and nobody is taken for dead`() throws {
        let told = try Self.tell { mesh in
            async let first: Void = mesh.order("first", at: 1, seconds: 20)
            await mesh.pass(1)
            async let second: Void = mesh.order("second", at: 2, seconds: 5)
            await mesh.pass(4)
            mesh.nodes[0].clock.jump.by.withLock { $0 += .seconds(3_600) }
            _ = await (first, second)
        }
        #expect(
            told.sorted() == [
                "0 s: first builds at n1", "1 s: second waits for n1", "20 s: first is done",
                "20 s: second takes that of n1",
            ])
    }
}
