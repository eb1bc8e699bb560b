// A drawn story of several builds that want the same stages on several nodes; and the rules that hold.
import Membership
import Mesh
import MeshSimulation
import Stages
import Synchronization

final class ClaimStory: Sendable {
    /// What goes wrong.
    enum Kind {
        /// Stages fail, builds are cancelled, nodes come and die; and all live nodes agree about that soon.
        case agreeing
        /// Whatever can.
        case wild
    }

    struct Running: Hashable {
        let key: Int
        let order: Int
        let node: Int
        let isCopy: Bool
    }

    struct State {
        var random: SeededGenerator
        var lines: [String] = []
        var violations: [String] = []
        var running: Set<Running> = []
        var made: [Int: Set<Int>] = [:]
        var haveHomesMoved = false
        /// How orders ended, by kind.
        var ends: [String: Int] = [:]
    }

    static let nodesMax = 4
    private static let keysMax = 3
    private static let ordersMax = 10

    let kind: Kind
    let nodes: [ClaimNode]
    let clock: SimulatedClock
    let state: Mutex<State>

    init(seed: UInt64, _ kind: Kind, _ clock: SimulatedClock) {
        var random = SeededGenerator(seed: seed)
        let count = 2 + random.below(Self.nodesMax - 1)
        // The last one joins later, now and then.
        let members = Array(0..<(random.chance(30) ? count - 1 : count))
        self.kind = kind
        self.clock = clock
        nodes = (0..<count).map { ClaimNode($0, members: members, clock) }
        state = Mutex(State(random: random))
    }

    func below(_ limit: Int) -> Int { state.withLock { $0.random.below(limit) } }
    func chance(_ percent: Int) -> Bool { state.withLock { $0.random.chance(percent) } }
    func pass(_ milliseconds: Int) async throws { try await clock.sleep(for: .milliseconds(milliseconds)) }

    func say(_ line: String) {
        let time = clock.now.elapsed / .milliseconds(1)
        state.withLock { $0.lines.append("[\(Int(time))] \(line)") }
    }

    func require(_ isTrue: Bool, _ rule: String) {
        guard !isTrue else { return }
        say("VIOLATION \(rule)")
        state.withLock { $0.violations.append(rule) }
    }

    // MARK: The story

    func run() async {
        await withDiscardingTaskGroup { group in
            for node in nodes { group.addTask { await node.whileUp { await node.keeper.run() } } }
            for left in nodes {
                for right in nodes where left.number < right.number { group.addTask { await self.join(left, right) } }
            }
            // Everybody is a home since long.
            try? await pass(5_000)
            await withDiscardingTaskGroup { group in
                group.addTask { await self.trouble() }
                for order in 0...below(Self.ordersMax) { group.addTask { await self.order(order) } }
            }
            say("all orders ended")
            try? await pass(15_000)
            for node in nodes where !node.isDown {
                require(node.keeper.openCount == 0, "\(node.name) keeps \(node.keeper.openCount) claims")
            }
            group.cancelAll()
            for node in nodes { node.goDown() }
        }
    }

    /// A link between two nodes, made anew when it ends.
    private func join(_ left: ClaimNode, _ right: ClaimNode) async {
        while !left.isDown, !right.isDown, !Task.isCancelled {
            let links = SimulatedLink.pair(
                left.identity, right.identity, clock: clock, seed: UInt64(below(1_000_000)))
            await withDiscardingTaskGroup { group in
                group.addTask { _ = await left.system.serve(links.left) }
                group.addTask { _ = await right.system.serve(links.right) }
                if kind == .wild, chance(50) { group.addTask { await self.harm(links.left, links.right) } }
            }
            try? await pass(200 + below(4_000))
        }
    }

    private func harm(_ left: SimulatedLink, _ right: SimulatedLink) async {
        try? await pass(4_000 + below(30_000))
        switch below(4) {
        case 0: left.cut()
        case 1: left.silence()
        case 2: right.silence()
        default: left.stall(for: .milliseconds(below(9_000)))
        }
        say("a link is harmed")
    }

    // MARK: Orders

    private func order(_ number: Int) async {
        try? await pass(below(20_000))
        let (node, key) = (nodes[below(nodes.count)], below(Self.keysMax))
        guard !node.isDown else { return }
        let patience = chance(20) ? below(10_000) : nil
        say("order \(number) of \(key) at \(node.name)")
        await node.whileUp {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.perform(number, key, node) }
                if let patience { group.addTask { try? await self.pass(patience) } }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private func perform(_ number: Int, _ key: Int, _ node: ClaimNode) async {
        let isCopy = chance(10)
        let want = ClaimWant(key: ClaimNames.key(key), build: "b-\(number)", isCopy: isCopy)
        var end = "cancelled"
        do {
            end = try await node.keeper.once(want) { from in
                try await self.take(want, from, node)
            } build: {
                let isMade = await self.build(number, key, node, isCopy: isCopy)
                return (isMade ? "made" : "failed", isMade)
            }
        } catch {}
        say("order \(number) of \(key) at \(node.name): \(end)")
        state.withLock { $0.ends[end, default: 0] += 1 }
    }

    private func take(_ want: ClaimWant, _ from: String, _ node: ClaimNode) async throws -> String? {
        let digest = want.key.digest
        if from != node.name {
            let step = await node.keeper.remembered(digest, of: "ci", at: from)
            try Task.checkCancellation()
            guard step != nil, !(kind == .wild && chance(10)) else { return nil }
        } else if !node.has(digest) {
            return nil
        }
        node.remember(digest)
        return "taken"
    }

    private func build(_ number: Int, _ key: Int, _ node: ClaimNode, isCopy: Bool) async -> Bool {
        let running = Running(key: key, order: number, node: node.number, isCopy: isCopy)
        say("order \(number) of \(key) is built at \(node.name)\(isCopy ? " beside" : "")")
        if !isCopy { check(running) }
        state.withLock { _ = $0.running.insert(running) }
        let isWhole = (try? await pass(below(12_000))) != nil
        let isMade = isWhole && !chance(20)
        if isMade { node.remember(ClaimNames.key(key).digest) }
        state.withLock { state in
            state.running.remove(running)
            if isMade { state.made[key, default: []].insert(node.number) }
        }
        return isMade
    }

    /// P2: nobody starts what is being built, or was built, at a node that lives.
    private func check(_ running: Running) {
        guard kind == .agreeing else { return }
        let (others, makers, haveHomesMoved) = state.withLock { state in
            (
                state.running.filter { $0.key == running.key && !$0.isCopy }, state.made[running.key] ?? [],
                state.haveHomesMoved
            )
        }
        let living = others.filter { !nodes[$0.node].isDown }
        require(living.isEmpty, "order \(running.order) is built beside \(living.map(\.order))")
        // What was built is forgotten with its home.
        guard !haveHomesMoved else { return }
        require(makers.isEmpty, "order \(running.order) is built again")
    }
}
