// What would become of the steps of unstaged images, without building: remembered, run, or not needed at all.
package import Digests
package import Stages

/// What would become of a stage in a build that starts now.
package enum StageFate: Hashable, Sendable {
    /// An image of a registry.
    case base
    /// The repo has it.
    case reused(StageID)
    /// This node knows its layer.
    case remembered
    /// Its layer has to be made.
    case run
    /// It changes the configuration only: nothing to make.
    case config
    /// Another image's stage with the same digest makes it.
    case same(StageIndex)
    /// What needs it is at hand.
    case unneeded
    /// It has no name yet.
    case unnamed
}

/// Plans image after image, in the order in which a build would open them: a digest is made once.
package struct StepPlan: Sendable {
    private var makers: [StageDigest: StageIndex] = [:]
    /// Layers of steps that are known, as the build was first told of them.
    private var known: [StageDigest: LayerName?] = [:]

    package init() {}

    /// The fates of `stages`, parents first; `digests` are theirs, nil for bases and where none is known.
    package mutating func fates(
        of image: LoweredImage, digests: [StageDigest?], remembered: [StageDigest: RememberedStep]
    ) -> [StageFate] {
        var isAtHand = [Bool](repeating: false, count: image.stages.count)
        var chains = LayerChains()
        for (number, stage) in image.stages.enumerated() {
            let isBelowAtHand = stage.parent.map { isAtHand[$0.number] } ?? true
            chains.begin(stage)
            if stage.work.changesFiles {
                guard let digest = digests[number] else { continue }
                if known[digest] == nil, isBelowAtHand, makers[digest] == nil, let step = remembered[digest],
                    chains.fits(step)
                {
                    known[digest] = .some(step.layer)
                }
                guard let layer = known[digest] else { continue }
                isAtHand[number] = isBelowAtHand
                chains.add(layer)
            } else {
                isAtHand[number] = isBelowAtHand
            }
        }
        let needed = needed(image, digests, isAtHand)
        return image.stages.indices.map { number in
            fate(StageIndex(image: image.last.image, number: number), image.stages[number], digests[number], needed)
        }
    }

    /// The fates of a staged image, whose stages are published one by one; `reused` are those that the repo has.
    package mutating func stagedFates(
        of image: LoweredImage, digests: [StageDigest?], reused: [Int: StageID]
    ) -> [StageFate] {
        image.stages.indices.map { number in
            if let id = reused[number] { return .reused(id) }
            let index = StageIndex(image: image.last.image, number: number)
            return fate(index, image.stages[number], digests[number], [number])
        }
    }

    /// The image that makes the whole image `digest`: the first that asked, or nil when `image` is that one.
    package mutating func maker(of digest: StageDigest, image: Int) -> Int? {
        if let maker = makers[digest] { return maker.image }
        makers[digest] = StageIndex(image: image, number: 0)
        return nil
    }

    private mutating func fate(
        _ index: StageIndex, _ stage: Stage, _ digest: StageDigest?, _ needed: Set<Int>
    ) -> StageFate {
        if case .base = stage.work { return .base }
        guard let digest else { return .unnamed }
        guard needed.contains(index.number) else { return .unneeded }
        guard stage.work.changesFiles else { return .config }
        if known[digest] != nil { return .remembered }
        if let maker = makers[digest] { return .same(maker) }
        makers[digest] = index
        return .run
    }

    /// From the last stage backwards: below what is at hand nothing has to be made, yet it is part of the image.
    private func needed(_ image: LoweredImage, _ digests: [StageDigest?], _ isAtHand: [Bool]) -> Set<Int> {
        var needed: Set<Int> = []
        var open = [image.last.number]
        while let number = open.popLast() {
            guard needed.insert(number).inserted else { continue }
            let stage = image.stages[number]
            if let parent = stage.parent { open.append(parent.number) }
            let isKnown = isAtHand[number] || (digests[number].map { known[$0] != nil } ?? false)
            if !isKnown { open += stage.sources.map(\.number) }
        }
        return needed
    }
}
