// Calls on real threads, where the order is nobody's choice: many at once, some of them cancelled, and a link that ends.
import Mesh
import MeshSimulation
import Reports
import Testing

@Suite struct `Calls on many threads` {
    private struct Echo: NodeServices {
        func card() async -> NodeCard { Drawn.card }
        func members() async -> MemberRows { MemberRows(rows: []) }

        func gossip(_ packet: GossipPacket, from peer: PeerIdentity) async -> GossipPacket {
            for _ in 0..<packet.bytes.count % 7 { await Task.yield() }
            return packet
        }

        func availability(_ query: AvailabilityQuery) async -> AvailabilityAnswer { .init(rows: [], holders: []) }
        @concurrent func remembered(_ query: StepQuery) async -> RememberedSteps { RememberedSteps(steps: [:]) }
        @concurrent func lacking(_ query: NeedsQuery) async -> Lacking { Lacking(objects: [], layers: []) }
        @concurrent func layerBlobs(_ query: LayerQuery) async -> LayerBlobs { LayerBlobs(blobs: []) }
        func drain(_ reason: String) async {}
        func certificate(_ query: CertificateQuery, from peer: PeerIdentity) async -> CertificateAnswer { .keyless }
        func ledger(_ query: LedgerQuery, from peer: PeerIdentity) async -> LedgerAnswer { .repos([peer.name]) }
        func refresh(_ claims: ClaimRefresh, from peer: PeerIdentity) async {}
        func release(_ releases: ClaimReleases, from peer: PeerIdentity) async {}

        func claim(_ query: ClaimQuery, from peer: PeerIdentity) async -> ClaimAnswers {
            ClaimAnswers(answers: [])
        }

        @concurrent func perform(_ order: ShippedOrder, events: EventQueue) async -> StageOutcome { .stopped }
    }

    private static let callers = 32
    private static let callsEach = 50

    @Test(arguments: [false, true]) func `all end, and answers go to those who asked`(isCut: Bool) async {
        let systems = ["left", "right"].map {
            MeshSystem(name: $0, program: "1", clock: MeshClock(ContinuousClock()))
        }
        let identities = systems.map { PeerIdentity(name: $0.name, role: .node, classes: []) }
        let links = SimulatedLink.pair(
            identities[0], identities[1], clock: ContinuousClock(), seed: 1, longestDelay: .zero)
        let desks = systems.map { NodeDesk.open(Echo(), on: $0) }
        let (wrong, lost) = (Diary(), Diary())
        await withDiscardingTaskGroup { group in
            let ready = (Ready(), Ready())
            group.addTask { _ = await systems[0].serve(links.left) { _ in ready.0.set() } }
            group.addTask { _ = await systems[1].serve(links.right) { _ in ready.1.set() } }
            await ready.0.wait()
            await ready.1.wait()
            await withDiscardingTaskGroup { callers in
                for caller in 0..<Self.callers {
                    callers.addTask {
                        let (from, to) = caller.isMultiple(of: 2) ? (0, 1) : (1, 0)
                        await Self.ask(systems[from], systems[to].name, caller, links.left, isCut, wrong, lost)
                    }
                }
            }
            systems[0].leave("done")
        }
        withExtendedLifetime(desks) {}
        #expect(wrong.lines == [])
        #expect(lost.lines.isEmpty == !isCut)
    }

    private static func ask(
        _ system: MeshSystem, _ node: String, _ caller: Int, _ link: SimulatedLink, _ isCut: Bool,
        _ wrong: Diary, _ lost: Diary
    ) async {
        guard let desk = try? NodeDesk.at(node, from: system) else { return }
        for call in 0..<callsEach {
            let bytes = Array(repeating: UInt8(caller), count: call + 1)
            if isCut, caller == 7, call == callsEach / 2 { link.cut() }
            await withDiscardingTaskGroup { group in
                group.addTask {
                    do {
                        let answer = try await desk.gossip(GossipPacket(bytes: bytes))
                        if answer.bytes != bytes { wrong.write("\(caller) was answered \(answer.bytes)") }
                    } catch let error as LinkLost {
                        lost.write("\(error)")
                    } catch {
                        if !(error is CancellationError) { wrong.write("\(error)") }
                    }
                }
                // Some are cancelled before, some after the answer.
                if call.isMultiple(of: 3) {
                    for _ in 0..<call { await Task.yield() }
                    group.cancelAll()
                }
            }
        }
    }
}
