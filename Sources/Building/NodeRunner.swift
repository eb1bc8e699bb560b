// Makes layers on this node: mounts what lies below, runs or copies, and keeps the difference.
package import BlobStore
package import Digests
import Dockerfiles
import Images
import Layers
package import Mesh
package import Reports
import Sandbox
package import Stages
import SystemPackage

package struct NodeRunner: StageRunner {
    let store: Store
    let supply: LayerSupply
    let runtimes: RuntimeChoice
    let remotes: RemoteFiles
    let inputs: any StageInputs
    let policy: StepPolicy
    let scope: StepScope
    package let memory: StepMemory
    let threads: BlockingThreads
    let stateRoot: String
    private let mountPoints: MountPoints

    /// Unix seconds that files made by COPY, ADD and WORKDIR bear, so that equal inputs give equal layers.
    static let fixedTime: Int64 = 0

    package init(
        store: Store, supply: LayerSupply, runtimes: RuntimeChoice, remotes: RemoteFiles, inputs: any StageInputs,
        threads: BlockingThreads, stateRoot: String, witness: (any StepWitness)? = nil
    ) {
        self.store = store
        self.supply = supply
        self.runtimes = runtimes
        self.remotes = remotes
        self.inputs = inputs
        (policy, scope) = (.owner, .owner)
        memory = StepMemory(store: store, witness: witness)
        self.threads = threads
        self.stateRoot = stateRoot
        mountPoints = MountPoints()
    }

    private init(_ other: NodeRunner, inputs: any StageInputs, policy: StepPolicy, scope: StepScope) {
        (store, supply, runtimes, remotes) = (other.store, other.supply, other.runtimes, other.remotes)
        memory = other.memory
        (threads, stateRoot, mountPoints) = (other.threads, other.stateRoot, other.mountPoints)
        self.inputs = inputs
        self.policy = policy
        self.scope = scope
    }

    /// The same node for stages of somebody else's build.
    package func taking(
        _ inputs: any StageInputs, under policy: StepPolicy, scope: StepScope
    ) -> NodeRunner { NodeRunner(self, inputs: inputs, policy: policy, scope: scope) }

    package func remembered(_ steps: [StageDigest]) async -> [StageDigest: RememberedStep] {
        memory.remembered(steps, by: scope).mapValues(\.step)
    }

    @concurrent package func run(
        _ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> StageResult {
        let clock = ContinuousClock()
        let start = clock.now
        let step: RememberedStep
        let pulledFrom: BaseSource?
        do {
            (step, pulledFrom) = try await withTaskExecutorPreference(threads) { try await make(order, report: report) }
        } catch  where !(error is CancellationError) {
            // With one host there is nobody to make a lost layer again.
            if error is any MissedLayer { throw error }
            let text = order.title.place.isEmpty ? "\(error)" : "\(order.title.place): \(error)"
            throw StageTrouble(error, text) ?? BuildingError(text)
        }
        let statement = order.digest.flatMap { memory.statement(of: step, as: $0, by: scope) }
        if order.isRemembered, let digest = order.digest {
            try memory.remember(StatedStep(step, statement), as: digest, by: scope)
        }
        return StageResult(
            layer: step.layer, pulledFrom: pulledFrom, duration: start.duration(to: clock.now), statement: statement)
    }

    private func make(
        _ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> (RememberedStep, pulledFrom: BaseSource?) {
        let supplied = order.work.needsNothingBelow ? nil : try await supply.layers(of: order.parent, report: report)
        guard supplied?.diffIDs.count ?? 0 < Manifest.layersMax else {
            throw BuildingError(
                "an image has at most \(Manifest.layersMax) layers, and this would be one more: join instructions")
        }
        let hold = try store.layers.hold(supplied?.diffIDs ?? [])
        defer { withExtendedLifetime(hold) {} }
        let place = try StagePlace(in: store, mountPoints: mountPoints)
        defer { place.remove(on: threads) }
        let lower = try store.layers.overlayLowerPaths(supplied?.diffIDs ?? []) {
            try Task.checkCancellation()
        }.map(\.string)
        let overlay = Overlay(
            // An overlay has something below it; scratch is an empty folder.
            lower: lower.isEmpty ? [try place.makeFolder("scratch").string] : lower,
            writable: Overlay.Writable(upper: place.upper.string, work: place.work.string))
        try await withOverlay(overlay, at: place.merged.string) { merged in
            try await fill(merged, order, place, report: report)
        }
        let base: StepBase = supplied.map { .chain(.chain($0.diffIDs)) } ?? .anything
        let step = RememberedStep(
            layer: try keep(place, order.work), on: base, reading: order.sourceChains ?? [])
        return (step, supplied?.pulledFrom)
    }

    private func fill(
        _ merged: String, _ order: StageOrder, _ place: StagePlace, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        switch order.work {
        case .run(let work): try await run(work, order, merged, place, report: report)
        case .copy(let work): try await copy(work, order, merged, place, report: report)
        case .makeDirectory(let path, let owner):
            try RootDirectory(path: merged).makeDirectory(path, user: owner)
        case .config, .base, .collect:
            throw BuildingError("stage \(order.title) has nothing to run")
        }
    }

    /// Names the difference and takes it into the store; nil when no file changed.
    private func keep(_ place: StagePlace, _ work: StageWork) throws -> LayerName? {
        let times: LayerTimes = if case .run = work { .kept } else { .fixed(Self.fixedTime) }
        let summary = try LayerWriter(times: times) { try Task.checkCancellation() }.summarize(place.upper)
        guard !summary.isEmpty else { return nil }
        try store.layers.adopt(place.path, summary)
        return LayerName(diffID: summary.diffID, byteCount: summary.byteCount)
    }

    /// The files behind a source, as a directory of this host that lives as long as `place`.
    func root(
        of source: ContentSource, patterns: [String], _ order: StageOrder, _ place: StagePlace,
        report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> RootDirectory {
        switch source {
        case .scratch: return try RootDirectory(path: place.makeFolder("empty").string)
        case .context:
            let folder = place.unusedPath("context")
            try inputs.writeContext(of: order.stage, patterns, into: folder)
            return try RootDirectory(path: folder.string)
        case .stage(let index):
            guard let content = order.sources[index] else {
                throw BuildingError("stage \(order.title) reads a stage that was not made")
            }
            let layers = try await supply.layers(of: content, report: report).diffIDs
            place.hold(try store.layers.hold(layers))
            let lower = try store.layers.overlayLowerPaths(layers) { try Task.checkCancellation() }
            let target = try place.makeFolder("source")
            if !lower.isEmpty {
                try Overlay(lower: lower.map(\.string)).mount(at: target.string)
                place.unmountAtEnd(target)
            }
            return try RootDirectory(path: target.string)
        }
    }
}
