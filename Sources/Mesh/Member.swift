// The actor that keeps a node's view of the mesh: feeds the machine of membership and sends what it asks for.
package import Membership

package actor Member {
    /// What membership needs of the world.
    package struct World: Sendable {
        /// Fails silently: a packet that does not arrive is what probes are for.
        package let send: @Sendable (Packet, Swim.Destination) async -> Void
        /// On the actor: returns at once.
        package let hear: @Sendable (Swim.Effect) -> Void
        package let reading: @Sendable () -> ClockReading
        package let sleep: @Sendable (Duration) async throws -> Void

        package init(
            send: @escaping @Sendable (Packet, Swim.Destination) async -> Void,
            hear: @escaping @Sendable (Swim.Effect) -> Void, reading: @escaping @Sendable () -> ClockReading,
            sleep: @escaping @Sendable (Duration) async throws -> Void
        ) {
            self.send = send
            self.hear = hear
            self.reading = reading
            self.sleep = sleep
        }
    }

    /// Between two looks at whether something is due.
    private static let tickInterval = Duration.milliseconds(100)
    /// Events that wait; the oldest are dropped, as a network would.
    private static let eventsMax = 4_096

    private var swim: Swim
    private let world: World
    private let inbox: AsyncStream<Swim.Event>
    private nonisolated let sender: AsyncStream<Swim.Event>.Continuation
    private var underWay = SendsUnderWay<Swim.Destination>()

    package init(_ swim: Swim, world: World) {
        self.swim = swim
        self.world = world
        (inbox, sender) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.eventsMax))
    }

    /// Tells the machine; in the order of the calls.
    package nonisolated func tell(_ event: Swim.Event) { sender.yield(event) }

    package var rows: [Swim.Row] { swim.rows }
    package var counts: Swim.Counts { swim.counts }
    package var localHealth: Int { swim.localHealth }
    package var clockOffset: Int64? { swim.clockOffset }

    /// Runs until the task is cancelled.
    package func run() async {
        let (world, sender) = (world, sender)
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await world.sleep(Self.tickInterval)) != nil { sender.yield(.tick) }
            }
            for await event in inbox {
                for effect in swim.step(event, at: world.reading()) { carryOut(effect, in: &group) }
            }
            group.cancelAll()
        }
    }

    private func carryOut(_ effect: Swim.Effect, in group: inout DiscardingTaskGroup) {
        guard case .send(let packet, let destination) = effect else { return world.hear(effect) }
        guard underWay.begin(destination) else { return }
        group.addTask { [world] in
            await world.send(packet, destination)
            await self.sent(to: destination)
        }
    }

    private func sent(to destination: Swim.Destination) { underWay.end(destination) }
}
