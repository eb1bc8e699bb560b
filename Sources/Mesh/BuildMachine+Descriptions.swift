// Publications that were chosen: each is looked at once in a build before anything is built on it.
import Digests
import Planning
import Reports
import Scheduling
import Stages

extension BuildMachine {
    /// What the repo said of a publication.
    enum Description: Sendable {
        /// Those that chose it and wait for the answer. An entry may be out of date: see `isWaiting`.
        case asked([StageIndex])
        case there(PublishedStage)
        /// Gone or broken: never chosen again.
        case refused
    }

    /// werf's choice among the publications that can be used.
    func choice(of digest: StageDigest, notBefore parent: Int64) -> StageID? {
        listing.candidates(of: digest, notBefore: parent).first { id in
            if case .refused? = descriptions[id] { false } else { true }
        }
    }

    /// `stage` chose `id`: asks for it, unless somebody did.
    mutating func describe(_ stage: StageIndex, _ id: StageID) -> [Effect] {
        switch descriptions[id] {
        case .there(let published): return confirm(stage, published)
        case .asked(let others):
            images[stage.image].describing += 1
            descriptions[id] = .asked(others + [stage])
            return []
        case .refused, nil:
            images[stage.image].describing += 1
            descriptions[id] = .asked([stage])
            return [.describe(stage, id)]
        }
    }

    /// The answer: nil makes the next publication of the digest the candidate, or the stage is made.
    mutating func described(_ id: StageID, _ published: PublishedStage?) -> [Effect] {
        guard case .asked(let waiters)? = descriptions[id] else { return [] }
        descriptions[id] = published.map { .there($0) } ?? .refused
        var effects: [Effect] = []
        for stage in waiters where isWaiting(stage, for: id) {
            guard let published else {
                effects += refuse(stage)
                continue
            }
            images[stage.image].describing -= 1
            effects += confirm(stage, published)
        }
        for stage in waiters { effects += closeIfFailed(stage.image) }
        return effects
    }

    private func isWaiting(_ stage: StageIndex, for id: StageID) -> Bool {
        guard !stage.isWhole else {
            return images[stage.image].whole?.chosen == id && images[stage.image].published == nil
        }
        return images[stage.image].states[stage.number].awaitedID == id
    }

    private mutating func confirm(_ stage: StageIndex, _ published: PublishedStage) -> [Effect] {
        stage.isWhole ? reuseWhole(stage.image, published) : confirmStaged(stage, published)
    }

    private mutating func refuse(_ stage: StageIndex) -> [Effect] {
        if stage.isWhole {
            images[stage.image].describing -= 1
            images[stage.image].whole?.chosen = nil
            return chooseWhole(stage.image)
        }
        images[stage.image].reset(stage.number)
        images[stage.image].nameStages()
        return settle(stage.image)
    }
}
