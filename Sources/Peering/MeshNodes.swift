// The nodes that work for a client's build: found through any of them, watched until the build's end.
import Building
package import Logging
package import Mesh
import Scheduling
import Synchronization

/// Numbers for nodes, ways to their workers, and news of who came and went.
package final class MeshNodes: Sendable {
    private struct Known {
        let number: Scheduler.NodeID
        let address: PeerAddress
        var isPresent = true
        var isDraining = false
    }

    private struct State {
        var nodes: [String: Known] = [:]
        /// The coordinator's own process is 0.
        var next: UInt32 = 1
        var makeWorker: (@Sendable (PeerAddress) -> any WorkerLink)?
        var own: (alone: NodeArrival, withOthers: NodeArrival)?
        /// By address, why the node there does not answer.
        var troubles: [PeerAddress: String] = [:]

        /// Nobody takes work.
        var isAlone: Bool { !nodes.values.contains { $0.isPresent && !$0.isDraining } }
    }

    /// Between two looks at who is there.
    private static let lookInterval = Duration.seconds(1)

    private let links: PeerLinks
    private let join: [PeerAddress]
    private let logger: Logger
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())
    package let changes: AsyncStream<NodeChange>
    private let sender: AsyncStream<NodeChange>.Continuation

    package init(
        _ links: PeerLinks, join: [PeerAddress], logger: Logger,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.links = links
        self.join = join
        self.logger = logger
        self.sleep = sleep
        // Changes of membership; the coordinator takes each at once.
        (changes, sender) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    package func name(of number: UInt32) -> String? {
        state.withLock { state in state.nodes.first { $0.value.number.raw == number }?.key }
    }

    /// Why nodes of the config do not answer, a line each.
    package var troubles: [String] {
        state.withLock { state in join.compactMap { address in state.troubles[address].map { "\(address): \($0)" } } }
    }

    /// Those that are there, in the order of their names.
    package var holders: [PeerLayers.Holder] {
        state.withLock { state in
            state.nodes.filter(\.value.isPresent).map { PeerLayers.Holder(name: $0.key, address: $0.value.address) }
        }.sorted { $0.name < $1.name }
    }

    /// What the coordinator's own process takes on when no node is left, and when there is one again.
    package func whenAlone(_ own: (alone: NodeArrival, withOthers: NodeArrival)?) { state.withLock { $0.own = own } }

    /// The nodes that answer now; empty when none does.
    package func start(_ makeWorker: @escaping @Sendable (PeerAddress) -> any WorkerLink) async -> [NodeArrival] {
        links.hear { [weak self] in self?.lose($0.name, $0.reason) }
        state.withLock { $0.makeWorker = makeWorker }
        return await arrivals()
    }

    /// Runs `body` while the mesh is watched.
    package func watched<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                await self.run()
                return nil
            }
            group.addTask { try await body() }
            while let value = try await group.next() {
                guard let value else { continue }
                group.cancelAll()
                return value
            }
            throw CancellationError()
        }
    }

    /// Watches until the task is cancelled.
    package func run() async {
        while (try? await sleep(Self.lookInterval)) != nil {
            let arrivals = await arrivals()
            if !arrivals.isEmpty, let own = state.withLock({ $0.own }) { sender.yield(.joined(own.withOthers)) }
            for arrival in arrivals { sender.yield(.joined(arrival)) }
        }
        sender.finish()
    }

    // MARK: Who is there

    private func lose(_ name: String, _ reason: String) {
        let (number, own) = state.withLock { state -> (Scheduler.NodeID?, NodeArrival?) in
            guard let known = state.nodes[name], known.isPresent else { return (nil, nil) }
            state.nodes[name]?.isPresent = false
            return (known.number, state.isAlone ? state.own?.alone : nil)
        }
        if let number { sender.yield(.left(number, .lost, reason: reason)) }
        if let own { sender.yield(.joined(own)) }
    }

    /// Nodes that are there and take work; told again and again, as a coordinator may have given one up for a while.
    private func arrivals() async -> [NodeArrival] {
        var arrivals: [NodeArrival] = []
        for address in await addresses() {
            guard let (name, desk) = try? await links.node(at: address), let card = try? await desk.card() else {
                continue
            }
            if let arrival = meet(name, card, at: address) { arrivals.append(arrival) }
        }
        return arrivals
    }

    /// As any node that answers tells them; otherwise those of the config.
    private func addresses() async -> [PeerAddress] {
        let known = holders.map(\.address)
        for address in known + join.filter({ !known.contains($0) }) {
            do {
                let desk = try await links.node(at: address).desk
                let rows = try await desk.members().rows
                let told = rows.filter { $0.state == .alive || $0.state == .suspect }
                    .compactMap { PeerAddress($0.peerAddress) }
                return told.isEmpty ? [address] : told
            } catch {
                state.withLock { $0.troubles[address] = "\(error)" }
                logger.debug("a node does not answer", metadata: ["peer": "\(address)", "reason": "\(error)"])
            }
        }
        return []
    }

    private func meet(_ name: String, _ card: NodeCard, at address: PeerAddress) -> NodeArrival? {
        let (number, drains, makeWorker, own) = state.withLock { state in
            var known =
                state.nodes[name] ?? Known(number: Scheduler.NodeID(state.next), address: address, isPresent: false)
            if state.nodes[name] == nil { state.next += 1 }
            let drains = known.isPresent && card.isDraining && !known.isDraining
            (known.isPresent, known.isDraining) = (known.isPresent || !card.isDraining, card.isDraining)
            state.nodes[name] = known
            return (known.number, drains, state.makeWorker, state.isAlone ? state.own?.alone : nil)
        }
        if drains {
            sender.yield(.left(number, .draining, reason: "it was asked to"))
            if let own { sender.yield(.joined(own)) }
        }
        guard !card.isDraining, let makeWorker, card.slots > 0 else { return nil }
        return NodeArrival(
            id: number, name: name, capacity: Scheduler.NodeCapacity(run: card.slots, transfer: 0),
            worker: makeWorker(address))
    }
}
