// A node of a simulated mesh that shares its builds: a keeper of claims behind a desk, and links that can fail.
import Digests
import Membership
import Mesh
import MeshSimulation
import Reports
import Stages
import Synchronization

/// A clock that can jump ahead of all others.
struct JumpingClock: Clock {
    typealias Instant = SimulatedClock.Instant

    final class Jump: Sendable {
        let by = Mutex(Duration.zero)
    }

    let source: SimulatedClock
    let jump = Jump()

    var now: Instant { source.now.advanced(by: jump.by.withLock { $0 }) }
    var minimumResolution: Duration { source.minimumResolution }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await source.sleep(until: deadline.advanced(by: .zero - jump.by.withLock { $0 }), tolerance: tolerance)
    }
}

final class ClaimNode: NodeServices {
    struct State {
        var made: Set<StageDigest> = []
        var isDown = false
    }

    /// What the node believes of the mesh.
    final class Seen: Sendable {
        private let state: Mutex<(number: UInt64, members: [Int])>

        init(_ members: [Int]) { state = Mutex((1, members)) }

        func see(_ members: [Int]) { state.withLock { $0 = ($0.number + 1, members) } }

        var view: ClaimKeeper.View {
            let (number, members) = state.withLock { $0 }
            return ClaimKeeper.View(number: number, homes: ClaimNames.homes(members))
        }
    }

    let number: Int
    let system: MeshSystem
    let clock: JumpingClock
    let keeper: ClaimKeeper
    let seen: Seen
    private let state = Mutex(State())
    private let desk = Mutex<NodeDesk?>(nil)

    var name: String { "n\(number)" }
    var identity: PeerIdentity { PeerIdentity(name: name, role: .node, classes: []) }
    var isDown: Bool { state.withLock { $0.isDown } }

    init(_ number: Int, members: [Int], _ clock: SimulatedClock) {
        let system = MeshSystem(name: "n\(number)", program: "1", clock: MeshClock(clock))
        let (seen, jumping) = (Seen(members), JumpingClock(source: clock))
        self.number = number
        self.system = system
        self.seen = seen
        self.clock = jumping
        keeper = ClaimKeeper(
            own: ClaimNames.node(number), firstNumber: 1,
            world: ClaimKeeper.World(
                view: { seen.view }, desk: { try NodeDesk.at($0, from: system) }, clock: MeshClock(jumping)))
        desk.withLock { $0 = NodeDesk.open(self, on: system) }
    }

    func remember(_ digest: StageDigest) { state.withLock { _ = $0.made.insert(digest) } }
    func has(_ digest: StageDigest) -> Bool { state.withLock { $0.made.contains(digest) } }

    func goDown() {
        state.withLock { $0.isDown = true }
        system.leave("killed")
    }

    /// Runs `body` until its end, or until the node is down.
    func whileUp(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask {
                while !self.isDown, (try? await self.clock.source.sleep(for: .milliseconds(200))) != nil {}
            }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Calls

    func remembered(_ query: StepQuery) async -> RememberedSteps {
        let stated = StatedStep(RememberedStep(layer: nil, on: .anything), nil)
        let steps = query.steps.filter { has($0) }.map { ($0, stated) }
        return RememberedSteps(steps: Dictionary(uniqueKeysWithValues: steps))
    }

    func claim(_ query: ClaimQuery, from peer: PeerIdentity) async -> ClaimAnswers {
        await keeper.claim(query, from: peer.name)
    }

    func refresh(_ claims: ClaimRefresh, from peer: PeerIdentity) async { keeper.refresh(claims, from: peer.name) }
    func release(_ releases: ClaimReleases, from peer: PeerIdentity) async { keeper.release(releases, from: peer.name) }
    func card() async -> NodeCard { Drawn.card }
    func members() async -> MemberRows { MemberRows(rows: []) }
    func gossip(_ packet: GossipPacket, from peer: PeerIdentity) async -> GossipPacket { packet }
    func availability(_ query: AvailabilityQuery) async -> AvailabilityAnswer { .init(rows: [], holders: []) }
    func lacking(_ query: NeedsQuery) async -> Lacking { Lacking(objects: [], layers: []) }
    func layerBlobs(_ query: LayerQuery) async -> LayerBlobs { LayerBlobs(blobs: []) }
    func drain(_ reason: String) async {}
    func certificate(_ query: CertificateQuery, from peer: PeerIdentity) async -> CertificateAnswer { .keyless }
    func ledger(_ query: LedgerQuery, from peer: PeerIdentity) async -> LedgerAnswer { .repos([peer.name]) }
    func perform(_ order: ShippedOrder, events: EventQueue) async -> StageOutcome { .stopped }
}
