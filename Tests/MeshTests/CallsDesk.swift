// A node for tests of calls: services that take time on the simulated clock, and say what they did.
import Digests
import Mesh
import MeshSimulation
import Reports
import Stages
import Synchronization

/// Counts what runs, so that a test sees what goes on after it should have ended.
final class DeskServices: NodeServices {
    struct State {
        var running = 0
        var most = 0
        var performed = 0
        var stopped = 0
        var gossipers: [String] = []
        var claims: [String] = []
    }

    let clock: SimulatedClock
    let time: Duration
    /// Lines that a stage says.
    let lines: Int
    let state = Mutex(State())

    init(_ clock: SimulatedClock, time: Duration = .seconds(1), lines: Int = 0) {
        self.clock = clock
        self.time = time
        self.lines = lines
    }

    var values: State { state.withLock { $0 } }

    private func pass() async {
        state.withLock { state in
            state.running += 1
            state.most = max(state.most, state.running)
        }
        let isWhole = (try? await clock.sleep(for: time)) != nil
        state.withLock { state in
            state.running -= 1
            if !isWhole { state.stopped += 1 }
        }
    }

    func card() async -> NodeCard {
        await pass()
        return Drawn.card
    }

    func members() async -> MemberRows { MemberRows(rows: []) }

    func gossip(_ packet: GossipPacket, from peer: PeerIdentity) async -> GossipPacket {
        state.withLock { $0.gossipers.append(peer.name) }
        return GossipPacket(bytes: packet.bytes.reversed())
    }

    func availability(_ query: AvailabilityQuery) async -> AvailabilityAnswer { .init(rows: [], holders: []) }
    @concurrent func remembered(_ query: StepQuery) async -> RememberedSteps { RememberedSteps(steps: [:]) }
    @concurrent func lacking(_ query: NeedsQuery) async -> Lacking { Lacking(objects: query.objects, layers: []) }
    @concurrent func layerBlobs(_ query: LayerQuery) async -> LayerBlobs { LayerBlobs(blobs: []) }
    func drain(_ reason: String) async {}
    func certificate(_ query: CertificateQuery, from peer: PeerIdentity) async -> CertificateAnswer { .keyless }
    func ledger(_ query: LedgerQuery, from peer: PeerIdentity) async -> LedgerAnswer { .repos([peer.name]) }

    func claim(_ query: ClaimQuery, from peer: PeerIdentity) async -> ClaimAnswers {
        ClaimAnswers(answers: query.wants.map { _ in .held(by: peer.name, build: "b") })
    }

    func refresh(_ claims: ClaimRefresh, from peer: PeerIdentity) async {
        state.withLock { $0.claims += claims.claims.map { "\(peer.name) refreshes \($0.number)" } }
    }

    func release(_ releases: ClaimReleases, from peer: PeerIdentity) async {
        state.withLock { $0.claims += releases.releases.map { "\(peer.name) releases \($0.number)" } }
    }

    @concurrent func perform(_ order: ShippedOrder, events: EventQueue) async -> StageOutcome {
        let report: @Sendable (BuildEvent) -> Void = { events.add($0) }
        for line in 0..<lines {
            report(.stageOutput(order.order.title, line: "\(line)", isError: false))
            if line % 100 == 99 { try? await clock.sleep(for: .milliseconds(10)) }
        }
        await pass()
        guard !Task.isCancelled else { return .stopped }
        state.withLock { $0.performed += 1 }
        return .made(StageResult(layer: nil, pulledFrom: nil, duration: time))
    }
}

/// Two systems and a link between them.
struct DeskPair: Sendable {
    let left: MeshSystem
    let right: MeshSystem
    let leftLink: SimulatedLink
    let rightLink: SimulatedLink
    let leftServices: DeskServices
    let rightServices: DeskServices
    let leftDesk: NodeDesk
    let rightDesk: NodeDesk

    init(
        _ clock: SimulatedClock, seed: UInt64, leftRole: PeerIdentity.Role = .node, limits: CallLimits = CallLimits(),
        time: Duration = .seconds(1), lines: Int = 0, rightProtocols: ClosedRange<UInt32>? = nil
    ) {
        left = MeshSystem(name: "left", program: "1.0", clock: MeshClock(clock), limits: limits)
        right = MeshSystem(
            name: "right", program: "2.0", clock: MeshClock(clock), limits: limits, protocols: rightProtocols)
        (leftLink, rightLink) = SimulatedLink.pair(
            PeerIdentity(name: "left", role: leftRole, classes: []),
            PeerIdentity(name: "right", role: .node, classes: []), clock: clock, seed: seed)
        leftServices = DeskServices(clock, time: time, lines: lines)
        rightServices = DeskServices(clock, time: time, lines: lines)
        leftDesk = NodeDesk.open(leftServices, on: left)
        rightDesk = NodeDesk.open(rightServices, on: right)
    }

    /// Runs `story` while the link lives, then leaves; how the link ended for each.
    func run(_ story: @escaping @Sendable (DeskPair) async -> Void) async -> (left: LinkEnd, right: LinkEnd) {
        let ready = Ready()
        async let leftEnd = left.serve(leftLink) { _ in ready.set() }
        async let rightEnd = right.serve(rightLink)
        await ready.wait()
        await story(self)
        left.leave("done")
        return (await leftEnd, await rightEnd)
    }
}

/// Something that happens once.
final class Ready: Sendable {
    private let state = Mutex((isSet: false, waiter: CheckedContinuation<Void, Never>?.none))

    func set() {
        let waiter = state.withLock { state in
            state.isSet = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func wait() async {
        await withCheckedContinuation { waiter in
            let isSet = state.withLock { state in
                if !state.isSet { state.waiter = waiter }
                return state.isSet
            }
            if isSet { waiter.resume() }
        }
    }
}

/// What happened, for the test to look at.
final class Diary: Sendable {
    private let state = Mutex<[String]>([])

    func write(_ line: String) { state.withLock { $0.append(line) } }
    var lines: [String] { state.withLock { $0 } }
}
