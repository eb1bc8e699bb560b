// Keepers of availability that hear each other over links that lose packets, in virtual time.
import Availability
import Digests
import Membership
import MembershipSimulation
import Mesh
import MeshSimulation
import Synchronization
import Testing

@Suite struct `What nodes hold is told` {
    private static let names = ["a", "b", "c", "d"].compactMap { NodeName($0) }

    /// Keepers by name; every third packet is lost.
    private final class Keepers: Sendable {
        let all = Mutex<[NodeName: AvailabilityKeeper]>([:])
        let packets = Mutex(0)

        init(_ clock: SimulatedClock) {
            for (seed, name) in names.enumerated() { all.withLock { $0[name] = keeper(name, UInt64(seed), clock) } }
        }

        subscript(name: NodeName) -> AvailabilityKeeper? { all.withLock { $0[name] } }

        private func keeper(_ name: NodeName, _ seed: UInt64, _ clock: SimulatedClock) -> AvailabilityKeeper {
            let moment: @Sendable () -> Moment = { Moment(nanoseconds: Int64(clock.now.elapsed / .nanoseconds(1))) }
            let holdings = Holdings(
                name: name, key: FakeSigner.key(of: name), epoch: 1, signer: FakeSigner(name), seed: seed,
                at: moment())
            let world = AvailabilityKeeper.World(
                send: { [weak self] packet, node in
                    guard let self else { return }
                    try? await clock.sleep(for: .milliseconds(5))
                    let number = packets.withLock { packets in
                        packets += 1
                        return packets
                    }
                    if number % 3 != 0 { self[node]?.tell(.received(packet.encoded(), from: name)) }
                }, hear: { _ in }, distance: { $0 == names[3] ? 0 : 1 }, moment: moment,
                sleep: { try await clock.sleep(for: $0) })
            return AvailabilityKeeper(holdings, world: world)
        }

        func run() async {
            await withDiscardingTaskGroup { group in
                for keeper in all.withLock({ $0.values.map(\.self) }) { group.addTask { await keeper.run() } }
            }
        }
    }

    private static func tell(
        seed: UInt64, _ story: @escaping @Sendable (Keepers, SimulatedClock) async throws -> [[String]]
    ) throws -> [[String]] {
        try Simulation.run(seed: seed) { clock in
            let keepers = Keepers(clock)
            let peers = names.map { Holdings.Peer(name: $0, key: FakeSigner.key(of: $0)) }
            for name in names { await keepers[name]?.meet(peers) }
            return await withTaskGroup(of: [[String]]?.self) { group in
                group.addTask {
                    await keepers.run()
                    return nil
                }
                group.addTask { (try? await story(keepers, clock)) ?? [] }
                while let end = await group.next() {
                    if let end {
                        group.cancelAll()
                        return end
                    }
                }
                return []
            }
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `to all, though packets are lost, and so is what went`(seed: UInt64) throws {
        let layer = HeldName(layer: BlobDigest(of: [1]))
        let heard = try Self.tell(seed: seed) { keepers, clock in
            var heard: [[String]] = []
            for name in Self.names.dropFirst() { await keepers[name]?.note(held: [layer], dropped: []) }
            try await clock.sleep(for: .seconds(30))
            heard.append(await keepers[Self.names[0]]?.holders(of: layer).map(\.text) ?? [])
            await keepers[Self.names[2]]?.note(held: [], dropped: [layer])
            try await clock.sleep(for: .seconds(30))
            let answer = await keepers[Self.names[1]]?.answer(AvailabilityQuery(names: [layer]))
            heard.append(answer?.holders.first?.nodes ?? [])
            heard.append(answer?.rows.map { "\($0.name) \($0.count)" } ?? [])
            return heard
        }
        #expect(heard == [["d", "b", "c"], ["b", "d"], ["a 0", "b 1", "c 0", "d 1"]])
    }
}
