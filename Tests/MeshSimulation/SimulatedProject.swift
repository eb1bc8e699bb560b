// The project as one builder reads it; it knows what each stage is built on, and checks orders against that.
import Digests
import Mesh
import Naming
import Reports
package import Stages
import Synchronization

package final class SimulatedProject: ImageSource {
    private struct State {
        var lowered: [Int: LoweredImage] = [:]
        /// Digests of the steps of unstaged images.
        var digests: [StageIndex: StageDigest] = [:]
        var asking = 0
        var peak = 0
        var isOver = false
        var hasFailed = false
    }

    package let drawn: DrawnProject
    package let builder: String
    private let world: SimulatedWorld
    private let state = Mutex(State())

    package init(_ drawn: DrawnProject, _ world: SimulatedWorld, builder: String) {
        (self.drawn, self.world, self.builder) = (drawn, world, builder)
    }

    package var asking: Int { state.withLock { $0.asking } }
    package var peakOfQuestions: Int { state.withLock { $0.peak } }

    /// The build has ended: nothing may happen any more.
    package func end() { state.withLock { $0.isOver = true } }

    /// A failure was reported: nothing may begin any more.
    package func noteFailure() { state.withLock { $0.hasFailed = true } }

    func requireBusy(_ what: String) {
        let (isOver, hasFailed) = state.withLock { ($0.isOver, $0.hasFailed) }
        world.require(!isOver, "\(what) began after the end")
        world.require(!hasFailed, "\(what) began after a failure")
    }

    /// A question to the world: takes time, and may fail.
    func ask(_ what: String, failing percent: Int? = nil, _ work: () async throws -> Void) async throws {
        state.withLock { state in
            state.asking += 1
            state.peak = max(state.peak, state.asking)
        }
        defer { state.withLock { $0.asking -= 1 } }
        world.require(!state.withLock { $0.isOver }, "\(what) was asked after the end")
        try await work()
        try world.mayFail(percent ?? world.faults.failingQuestions, what)
    }

    // MARK: ImageSource

    package func name(image: Int, arguments: [String: String]) async throws -> NameRule {
        try await ask("name of \(drawn.images[image].name)", failing: world.faults.failingReads) {
            try await world.pass(longest: 50)
        }
        return drawn.images[image].rule(arguments)
    }

    package func lower(image: Int, arguments: [String: String]) async throws -> LoweredImage {
        try await ask("Dockerfile of \(drawn.images[image].name)", failing: world.faults.failingReads) {
            try await world.pass(longest: 50)
        }
        let lowered = drawn.images[image].lowered(image: image, arguments: arguments)
        var namer = Namer()
        for (number, stage) in lowered.stages.enumerated() {
            let index = StageIndex(image: image, number: number)
            guard case .base(let base) = stage.work else {
                note(namer.step(.added(index, stage.rule)))
                continue
            }
            note(namer.step(.resolved(index, manifest: base.manifestDigest)))
        }
        state.withLock { $0.lowered[image] = lowered }
        return lowered
    }

    private func note(_ effects: [Namer.Effect]) {
        for case .named(let stage, let digest) in effects { state.withLock { $0.digests[stage] = digest } }
    }

    // MARK: Orders

    func check(_ order: StageOrder) {
        guard let stage = stage(order.stage) else { return }
        check(order.parent, is: stage.parent, for: order.title)
        for source in stage.sources {
            guard let content = order.sources[source] else {
                world.require(false, "\(order.title) runs without its source \(source)")
                continue
            }
            check(content, is: source, for: order.title)
        }
    }

    func check(_ order: PublishOrder) {
        guard order.stage.number >= 0 else {
            let last = state.withLock { $0.lowered[order.stage.image]?.last }
            return check(order.content, is: last, for: order.title)
        }
        guard let stage = stage(order.stage) else { return }
        // A staged stage is what it is built on and at most one layer.
        var below = StageContent(root: order.content.root)
        if let layer = order.content.layers.last {
            let isRight = world.state.withLock { state in
                guard let origin = state.origins[layer.diffID] else { return false }
                return origin.digest == order.digest && (origin.below ?? below.fingerprint) == below.fingerprint
            }
            world.require(isRight, "\(order.title) is published with a layer that was made for something else")
        }
        world.require(order.content.layers.count <= 1, "\(order.title) has \(order.content.layers.count) layers")
        below = StageContent(root: order.content.root)
        check(below, is: stage.parent, for: order.title)
        if case .published(let id) = order.content.root {
            world.require(order.parent == id, "\(order.title) names another parent than it is built on")
        }
    }

    /// Whether `content` is that of the stage `index`; nil is scratch.
    private func check(_ content: StageContent, is index: StageIndex?, for title: StageTitle) {
        guard let index, let stage = stage(index) else {
            return world.require(content.fingerprint == "scratch", "\(title) is not built on scratch")
        }
        switch stage.publicity {
        case .base: world.require(content.layers.isEmpty, "\(title): layers on a base that has none")
        case .published:
            guard case .published(let id) = content.root, content.layers.isEmpty else {
                return world.require(false, "\(title): what it is built on is not in the repo")
            }
            let isThere = world.state.withLock { $0.tags.contains(id.description) }
            world.require(isThere, "\(title): what it is built on, \(id), is not there")
        case .step: checkSteps(content, of: index, for: title)
        }
    }

    /// Every layer was made for its step, on exactly what lies below it here.
    private func checkSteps(_ content: StageContent, of index: StageIndex, for title: StageTitle) {
        var (layers, chain) = (content.layers, [Stage]())
        var current: StageIndex? = index
        while let place = current, let stage = stage(place) {
            chain.append(stage)
            current = stage.parent
            guard stage.work.changesFiles else { continue }
            let digest = state.withLock { $0.digests[place] }
            guard let layer = layers.last, origin(layer)?.digest == digest else { continue }
            layers.removeLast()
            let below = StageContent(root: content.root, layers: layers)
            world.require(
                origin(layer)?.below ?? below.fingerprint == below.fingerprint,
                "\(title): a layer was made on something else than what is below it")
        }
        world.require(layers.isEmpty, "\(title): \(layers.count) layers are of no step below it")
        let expected = chain.reversed().compactMap(\.history)
        let found = content.changes.compactMap { change in
            if case .history(let createdBy, _) = change { createdBy } else { nil }
        }
        world.require(found == expected, "\(title): its history is \(found), and should be \(expected)")
        let lines = content.changes.count { if case .history(_, false) = $0 { true } else { false } }
        world.require(lines == content.layers.count, "\(title): \(lines) lines for \(content.layers.count) layers")
    }

    private func origin(_ layer: LayerName) -> (digest: StageDigest, below: String?)? {
        world.state.withLock { $0.origins[layer.diffID] }
    }

    private func stage(_ index: StageIndex) -> Stage? {
        state.withLock { $0.lowered[index.image]?.stages[index.number] }
    }
}
