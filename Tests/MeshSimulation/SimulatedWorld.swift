// The state that all parts of a simulated world share: what is published, what nodes hold, what was seen to happen.
package import Digests
import Images
package import Mesh
package import Scheduling
package import Stages
import Synchronization

/// One registry, its history, and a record of everything that happens, with time.
package final class SimulatedWorld: Sendable {
    struct Stored: Sendable {
        let content: StageContent
        let parent: StageID?
        let isStrange: Bool
    }

    struct State {
        var random: SeededGenerator
        var stored: [StageID: Stored] = [:]
        /// In the order of their making.
        var tags: [String] = []
        var broken: Set<StageID> = []
        var lines: [String] = []
        var violations: [String] = []
        /// Messages of the failures that were made.
        var faults: [String] = []
        var layerCount = 0
        /// What each layer was made by, and what it was made on; nil where that doesn't matter.
        var origins: [BlobDigest: (digest: StageDigest, below: String?)] = [:]
    }

    package let clock: SimulatedClock
    package let faults: Faults
    let state: Mutex<State>

    /// Unix milliseconds at the start.
    private static let epoch: Int64 = 1_700_000_000_000

    package init(seed: UInt64, clock: SimulatedClock, faults: Faults) {
        self.clock = clock
        self.faults = faults
        state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    // MARK: Chance

    func chance(_ percent: Int) -> Bool { state.withLock { $0.random.chance(percent) } }
    package func below(_ limit: Int) -> Int { state.withLock { $0.random.below(limit) } }

    /// Unix milliseconds.
    var milliseconds: Int64 { Self.epoch + clock.now.elapsed.milliseconds }

    package var moment: Scheduler.Moment { Scheduler.Moment(nanoseconds: clock.now.elapsed.milliseconds * 1_000_000) }

    /// The time that something takes. Throws when the caller is cancelled, unless the work is deaf.
    func pass(longest milliseconds: Int) async throws {
        var length = Duration.milliseconds(below(milliseconds))
        if chance(faults.lateAnswers) { length += .seconds(60) }
        guard !chance(faults.deafWork) else { return await clock.sleepStubbornly(for: length) }
        try await clock.sleep(for: length)
    }

    /// Fails in `percent` of 100 calls.
    func mayFail(_ percent: Int, _ what: String) throws {
        guard chance(percent) else { return }
        let message = "\(what) broke"
        state.withLock { $0.faults.append(message) }
        say(message)
        throw SimulatedFault(description: message)
    }

    // MARK: What was seen

    package func say(_ line: String) {
        let time = clock.now.elapsed.milliseconds
        state.withLock { $0.lines.append("[\(time)] \(line)") }
    }

    /// A rule that doesn't hold.
    package func require(_ isTrue: Bool, _ rule: @autoclosure () -> String) {
        guard !isTrue else { return }
        let text = rule()
        say("VIOLATION: \(text)")
        state.withLock { $0.violations.append(text) }
    }

    package var lines: [String] { state.withLock { $0.lines } }
    package var violations: [String] { state.withLock { $0.violations } }
    package var faultMessages: [String] { state.withLock { $0.faults } }
    package var stageIDs: [StageID] { state.withLock { $0.tags.compactMap { StageID(tag: $0) } } }

    // MARK: Before a build

    /// Time passes; tags vanish, stages break, some are rejected.
    package func decay(percent: Int) {
        state.withLock { state in
            for tag in state.tags {
                guard let id = StageID(tag: tag), state.random.chance(percent) else { continue }
                switch state.random.below(3) {
                case 0: state.tags.removeAll { $0 == tag }
                case 1: state.broken.insert(id)
                default: state.tags.append(tag + "-rejected")
                }
            }
        }
    }

    /// Publishes a stage as an earlier build would have.
    package func add(_ id: StageID, content: StageContent = StageContent(root: .scratch)) {
        state.withLock { state in
            state.tags.append(id.description)
            state.stored[id] = Stored(content: content, parent: nil, isStrange: true)
        }
    }
}

extension Duration {
    package var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension StageOrder {
    /// What a node remembers of what the step was made on.
    package var base: StepBase {
        if case .copy(let copy) = work, copy.isLinked { return .anything }
        guard case .base(let base) = parent.root else { return .chain(.chain(parent.layers.map(\.diffID))) }
        return .chain(.chain(base.config.diffIDs + parent.layers.map(\.diffID)))
    }
}

extension StageContent {
    /// Names everything that a layer on top of this content depends on.
    var fingerprint: String {
        let bottom =
            switch root {
            case .scratch: "scratch"
            case .base(let base): base.manifestDigest.hex
            case .published(let id): id.description
            }
        return ([bottom] + layers.map(\.diffID.hex)).joined(separator: "+")
    }
}
