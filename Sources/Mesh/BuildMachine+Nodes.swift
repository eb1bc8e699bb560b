// Nodes that come and go during a build, and what is lost with them.
import Digests
import Reports
import Scheduling
import Stages

extension BuildMachine {
    mutating func join(_ node: NodeArrival) -> [Effect] {
        let isNew = nodeNames.updateValue(node.name, forKey: node.id) == nil
        let effects = schedule(.nodeJoined(node.id, node.capacity))
        return isNew && !node.name.isEmpty ? [.report(.detail("node \(node.name) takes work"))] + effects : effects
    }

    /// A node that is lost takes with it what it ran, and the layers that nobody else has.
    mutating func leave(
        _ node: Scheduler.NodeID, _ departure: Scheduler.Departure, _ reason: String
    ) -> [Effect] {
        guard let name = nodeNames[node] else { return [] }
        guard departure == .lost else {
            return [.report(.detail("node \(name) takes no more work: \(reason)"))]
                + schedule(.nodeLeft(node, departure))
        }
        nodeNames[node] = nil
        var effects: [Effect] = [.report(.warning("node \(name) was lost: \(reason)"))]
        for job in running.filter({ $0.node == node }).sorted(by: { $0.vertex < $1.vertex }) {
            running.remove(job)
            places.remove(user: job.vertex)
            troubles[job.vertex] = "node \(name) was lost: \(reason)"
            // Its task waits for an answer that does not come.
            effects += [.report(.stageStopped(title(of: job.vertex))), .stop(job)]
        }
        let loss = phase == .building ? loss(of: places.remove(node)) : Loss()
        if let stage = loss.beyondMending {
            let reason = "\(title(of: stage)) needs what was on node \(name) only"
            return effects + planAgain(reason) + schedule(.nodeLeft(node, .lost))
        }
        for (index, vertex) in loss.gone { effects.append(makeAgain(index, vertex, name)) }
        return effects + schedule(.lost(Self.build, loss.gone.map(\.vertex), with: node))
    }

    /// What a build misses when layers are nowhere any more.
    private struct Loss {
        var gone: [(index: StageIndex, vertex: Scheduler.StageIndex)] = []
        /// A remembered step, which no vertex makes; or one that changed no file on top of what is gone, and may change
        /// some on what comes in its stead.
        var beyondMending: StageIndex?
    }

    private func loss(of layers: Set<BlobDigest>) -> Loss {
        var loss = Loss()
        guard !layers.isEmpty else { return loss }
        var shaken: Set<StageIndex> = []
        for index in neededForOpenImages() {
            let (stage, state) = (images[index.image].stages[index.number], images[index.image].states[index.number])
            let isShaken = stage.inputs.contains(where: shaken.contains)
            switch state.fate {
            case .remembered(let layer?) where layers.contains(layer.diffID): loss.beyondMending = index
            case .made(let vertex?, _) where state.id == nil && state.result != nil:
                if let layer = state.result?.layer {
                    // What is left of a chain that lost a part stands on its own: a linked copy.
                    guard isShaken || layers.contains(layer.diffID) else { continue }
                    if layers.contains(layer.diffID) { loss.gone.append((index, vertex)) }
                } else if isShaken {
                    loss.beyondMending = index
                } else {
                    continue
                }
            case .follows(let maker): if !isShaken, !shaken.contains(maker) { continue }
            case .unknown: if !isShaken { continue }
            default: continue
            }
            shaken.insert(index)
        }
        return loss
    }

    private mutating func makeAgain(_ index: StageIndex, _ vertex: Scheduler.StageIndex, _ name: String) -> Effect {
        images[index.image].states[index.number].result = nil
        images[index.image].underWay += 1
        places.remove(user: vertex)
        return .report(.warning("\(title(of: index)) was on node \(name) only and is made again"))
    }

    /// The stages that images which are not done stand on, and those that they follow.
    private func neededForOpenImages() -> [StageIndex] {
        var found: Set<StageIndex> = []
        for (image, state) in images.enumerated() where state.phase == .building {
            for number in state.states.indices {
                found.insert(StageIndex(image: image, number: number))
                if case .follows(let maker) = state.states[number].fate, !maker.isWhole { found.insert(maker) }
            }
        }
        return found.sorted()
    }

    /// Ends the build so that it is planned anew: nodes remember what they made.
    mutating func planAgain(_ reason: String) -> [Effect] {
        mustPlanAgain = true
        return fail("\(reason): the build is planned again")
    }

    // MARK: Waiting and missing

    /// Nanoseconds that stages wait for a node before the build gives up.
    static let workWaitMax: Int64 = 60_000_000_000
    /// Times that a layer is missed before it counts as lost.
    static let missesMax = 2

    mutating func tick() -> [Effect] {
        let effects = schedule(.tick)
        guard phase == .building, let progress = scheduler.progress(of: Self.build), progress.ready > 0,
            progress.assigned == 0
        else {
            idleSince = nil
            return effects
        }
        let since = idleSince ?? now
        idleSince = since
        guard now.nanoseconds - since.nanoseconds > Self.workWaitMax else { return effects }
        return effects + fail("no node takes the build's stages: see `weft mesh status`")
    }

    /// A layer that nobody gives although somebody should have it is lost after some tries, and made again.
    mutating func missed(_ layer: BlobDigest, _ job: Job, _ message: String) -> [Effect] {
        misses[layer, default: 0] += 1
        troubles[job.vertex] = message
        let report: [Effect] = [.report(.stageStopped(title(of: job.vertex))), .report(.warning(message))]
        guard misses[layer, default: 0] >= Self.missesMax, phase == .building else {
            return report + finished(job, .failed(retryable: true))
        }
        misses[layer] = 0
        places.forget(layer)
        let loss = loss(of: [layer])
        guard loss.beyondMending == nil, !loss.gone.isEmpty else {
            return report + planAgain("a layer of \(title(of: job.vertex)) is lost") + finished(job, .stopped)
        }
        var effects = report
        for (index, vertex) in loss.gone { effects.append(makeAgain(index, vertex, "that made it")) }
        // The job stands on it: it waits for the layer again.
        effects += schedule(.lost(Self.build, loss.gone.map(\.vertex)))
        return effects + finished(job, .stopped)
    }

    // MARK: Layers

    /// The order's layers are at the node that made a stage of them; so is what it made.
    mutating func noteLayers(of job: Job, _ index: StageIndex, _ result: StageResult) {
        guard hasOtherNodes else { return }
        for layer in contents(of: index).lazy.flatMap(\.layers) { places.add(layer.diffID, at: job.node) }
        if let layer = result.layer { places.add(layer.diffID, at: job.node) }
    }

    mutating func noteUser(_ vertex: Scheduler.StageIndex, of contents: [StageContent]) {
        guard hasOtherNodes else { return }
        places.add(user: vertex, of: contents)
    }

    /// Where there is one node only, nothing has to be looked for.
    var hasOtherNodes: Bool { nodeNames.count > 1 || nodeNames[Self.ownNode] == nil }

    /// What the run of a stage looks at.
    private func contents(of index: StageIndex) -> [StageContent] {
        let stage = images[index.image].stages[index.number]
        let below = stage.work.needsNothingBelow ? nil : contentBelow(stage)
        return [below].compactMap { $0 } + stage.sources.compactMap { content(of: $0) }
    }
}
