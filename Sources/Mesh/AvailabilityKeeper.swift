// The actor that keeps what nodes say they hold: feeds the machine of availability and sends what it asks for.
package import Availability
package import Membership

package actor AvailabilityKeeper {
    /// What availability needs of the world.
    package struct World: Sendable {
        /// Fails silently: what does not arrive is made up for by a later exchange.
        package let send: @Sendable (AvailabilityPacket, NodeName) async -> Void
        /// On the actor: returns at once.
        package let hear: @Sendable (Holdings.Effect) -> Void
        /// Smaller is nearer.
        package let distance: @Sendable (NodeName) -> Int
        package let moment: @Sendable () -> Moment
        package let sleep: @Sendable (Duration) async throws -> Void

        package init(
            send: @escaping @Sendable (AvailabilityPacket, NodeName) async -> Void,
            hear: @escaping @Sendable (Holdings.Effect) -> Void, distance: @escaping @Sendable (NodeName) -> Int,
            moment: @escaping @Sendable () -> Moment, sleep: @escaping @Sendable (Duration) async throws -> Void
        ) {
            self.send = send
            self.hear = hear
            self.distance = distance
            self.moment = moment
            self.sleep = sleep
        }
    }

    /// Between two looks at whether something is due.
    private static let tickInterval = Duration.milliseconds(200)
    /// Events that wait; the oldest are dropped. News of this node's own disk come one at a time, and are waited for.
    private static let eventsMax = 4_096

    private var holdings: Holdings
    private let world: World
    private let inbox: AsyncStream<Holdings.Event>
    private nonisolated let sender: AsyncStream<Holdings.Event>.Continuation
    private var underWay = SendsUnderWay<NodeName>()
    private var sends: [(AvailabilityPacket, NodeName)] = []

    package init(_ holdings: Holdings, world: World) {
        self.holdings = holdings
        self.world = world
        (inbox, sender) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.eventsMax))
    }

    /// What comes from links and fetches: some of it may be lost.
    package nonisolated func tell(_ event: Holdings.Event) { sender.yield(event) }

    /// What this node's disk holds from now on, and no longer: never lost.
    package func note(held: [HeldName], dropped: [HeldName]) {
        if !held.isEmpty { take(.held(held)) }
        if !dropped.isEmpty { take(.dropped(dropped)) }
    }

    /// Other nodes that are there.
    package func meet(_ peers: [Holdings.Peer]) { take(.members(peers)) }

    /// Who probably holds it, this node left out: nearest first, those who said so falsely before last.
    package func holders(of name: HeldName) -> [NodeName] {
        holdings.holders(of: name, distance: world.distance)
    }

    /// As this node sees it; for each of the query's names, who probably holds it, this node included.
    package func answer(_ query: AvailabilityQuery) -> AvailabilityAnswer {
        AvailabilityAnswer(
            rows: holdings.rows.map { HoldingsRow(name: $0.name.text, count: $0.count, isLiar: $0.isLiar) },
            holders: query.names.map { name in
                let own = holdings.holds(name) ? [holdings.name] : []
                return Holders(
                    nodes: (own + holders(of: name)).prefix(ShippedLayer.holdersMax).map(\.text))
            })
    }

    package var counts: Holdings.Counts { holdings.counts }

    /// Runs until the task is cancelled.
    package func run() async {
        let (world, sender) = (world, sender)
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await world.sleep(Self.tickInterval)) != nil { sender.yield(.tick) }
            }
            for await event in inbox {
                take(event)
                sendAll(in: &group)
            }
            group.cancelAll()
        }
    }

    private func take(_ event: Holdings.Event) {
        for effect in holdings.step(event, at: world.moment()) {
            if case .send(let packet, let node) = effect { sends.append((packet, node)) } else { world.hear(effect) }
        }
    }

    private func sendAll(in group: inout DiscardingTaskGroup) {
        for (packet, node) in sends where underWay.begin(node) {
            group.addTask { [world] in
                await world.send(packet, node)
                await self.sent(to: node)
            }
        }
        sends = []
    }

    private func sent(to node: NodeName) { underWay.end(node) }
}
