// One fetch of a big blob in parts: the plan, what is on the disk, and what the blob's holder says of its parts.
import BlobStore
import Digests
import HTTPMessages
import Mesh
import Synchronization

final class PartsFetch: Sendable {
    /// Between two looks for the digest of a part that came before it.
    private static let digestPause = Duration.milliseconds(5)
    /// Other fetchers that are asked at once.
    static let fetchersMax = 8
    /// Other fetchers that are asked at all.
    static let metMax = 64
    /// A fetcher that has not begun, or was not reached, is not asked again for so long.
    static let restTime = Duration.milliseconds(300)

    private struct State {
        var plan: PartPlan
        var digests: [BlobDigest] = []
        var areDigestsOver = false
        /// Fetchers by name: in the plan, or when they may be asked again.
        var fetchers: [String: Fetcher] = [:]
        var byteCount: Int64
    }

    private enum Fetcher {
        case asked
        case rests(until: Duration)
    }

    let blob: ScatteredBlob
    /// Whose word on the parts is taken until the blob is whole.
    let claimer: PeerLayers.Holder
    private let begun = ContinuousClock.now
    private let state: Mutex<State>
    /// Givers of parts that are not what the claimer says.
    private let doubted = Mutex<[PeerLayers.Holder]>([])

    init(_ blob: ScatteredBlob, claimer: PeerLayers.Holder, name: String) {
        self.blob = blob
        self.claimer = claimer
        let there = blob.present
        state = Mutex(
            State(
                plan: PartPlan(blob.parts, name: name, there: there),
                byteCount: (0..<blob.parts.count).reduce(0) {
                    $0 + (there.contains($1) ? Int64(blob.parts.bytes(of: $1).count) : 0)
                }))
    }

    private var now: Duration { begun.duration(to: .now) }

    var isComplete: Bool { state.withLock { $0.plan.isComplete } }
    var coming: PartSet { state.withLock { $0.plan.coming } }

    // MARK: Digests of parts

    func learn(_ digest: BlobDigest) { state.withLock { $0.digests.append(digest) } }

    func endDigests() { state.withLock { $0.areDigestsOver = true } }

    /// Waits until the claimer has said it. Throws `NodeTrouble` when it does not.
    func digest(of part: Int) async throws -> BlobDigest {
        while true {
            let (digest, isOver) = state.withLock { state in
                (state.digests.indices.contains(part) ? state.digests[part] : nil, state.areDigestsOver)
            }
            if let digest { return digest }
            guard !isOver else { throw NodeTrouble("\(claimer.name) did not say what the parts are") }
            try await Task.sleep(for: Self.digestPause)
        }
    }

    // MARK: Sources

    func add(isWhole: Bool) -> Int { state.withLock { $0.plan.add(isWhole: isWhole, now: now) } }

    func isWhole(_ source: Int) -> Bool { state.withLock { $0.plan.isWhole(source) } }

    func fail(_ source: Int) { state.withLock { $0.plan.fail(source) } }

    /// It gave something else than the claimer says: one of them is wrong.
    func doubt(_ holder: PeerLayers.Holder) { doubted.withLock { $0.append(holder) } }

    var doubtedHolders: [PeerLayers.Holder] { doubted.withLock { $0 } }

    /// The names of all who fetch the blob, in the order in which they began; those that are to be asked.
    func meet(_ names: [String], own: String) -> [String] {
        state.withLock { state in
            if let place = names.firstIndex(of: own) { state.plan.begin(at: place, of: names.count) }
            let others = names.filter { name in
                switch state.fetchers[name] {
                case .asked: false
                case .rests(let until): now >= until
                case nil: name != own && state.fetchers.count < Self.metMax
                }
            }
            let asked = state.fetchers.values.count { if case .asked = $0 { true } else { false } }
            // Each node asks those who began after it first, so that no fetcher is asked by all.
            let after = names.drop { $0 != own }
            let order = after.filter(others.contains) + others.filter { !after.contains($0) }
            let chosen = Array(order.prefix(max(0, Self.fetchersMax - asked)))
            for name in chosen { state.fetchers[name] = .asked }
            return chosen
        }
    }

    /// It is not asked any more, or not yet.
    func rest(_ name: String) { state.withLock { $0.fetchers[name] = .rests(until: now + Self.restTime) } }

    func learn(_ source: Int, _ answer: PartsAnswer) {
        let none = PartSet(count: blob.parts.count)
        let has = answer.has ?? PartSet(allOf: blob.parts.count)
        state.withLock { $0.plan.learn(source, has: has, coming: answer.coming ?? none) }
    }

    // MARK: Parts

    func work(for source: Int) -> PartPlan.Work { state.withLock { $0.plan.work(for: source, now: now) } }

    /// Bytes that are there by now; nil when the part had come before.
    func finish(_ part: Int, from source: Int) -> Int64? {
        state.withLock { state in
            guard state.plan.finish(part, from: source, now: now) else { return nil }
            state.byteCount += Int64(blob.parts.bytes(of: part).count)
            return state.byteCount
        }
    }
}
