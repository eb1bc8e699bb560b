// Names the stages of one image, and keeps which of them can be settled: each edge is looked at once.
import Digests
import Naming
import Stages

extension ImageState {
    /// Names all that can be named, from the start: also after a stage that was chosen is not there.
    mutating func nameStages() {
        (namer, ready, deferred) = (Namer(), [], [])
        for number in states.indices where !states[number].isSettled {
            states[number].waits = 1 + stages[number].inputs.count { !states[$0.number].isSettled }
        }
        var events: [Namer.Event] = []
        for (number, stage) in stages.enumerated() {
            if case .base(let base) = stage.work {
                events.append(.resolved(index(number), manifest: base.manifestDigest))
            } else {
                events.append(.added(index(number), stage.rule))
            }
            if let name = states[number].imageName { events.append(.chosen(index(number), imageName: name)) }
        }
        note(namer.step(events))
    }

    /// The stage's name in the repo is known: others may be named by it.
    mutating func chosen(_ number: Int, imageName: String) {
        states[number].imageName = imageName
        note(namer.step(.chosen(index(number), imageName: imageName)))
    }

    private mutating func note(_ effects: [Namer.Effect]) {
        for case .named(let stage, let digest) in effects {
            states[stage.number].digest = digest
            release(stage.number)
        }
    }

    mutating func settle(_ number: Int, _ fate: StageState.Fate) {
        states[number].fate = fate
        for following in followings[number] { release(following) }
    }

    private mutating func release(_ number: Int) {
        guard !states[number].isSettled else { return }
        states[number].waits -= 1
        if states[number].waits == 0 { ready.append(number) }
    }

    /// The stages to settle next; those that were put off come back when no description is under way.
    mutating func takeReady() -> [Int] {
        defer { ready = [] }
        guard ready.isEmpty, describing == 0 else { return ready }
        defer { deferred = [] }
        return deferred
    }

    /// The publication of a stage is not there: neither it nor what was chosen on top of it is settled any more.
    mutating func reset(_ number: Int) {
        var open = [number]
        while let number = open.popLast() {
            guard states[number].isSettled else { continue }
            if states[number].awaitedID != nil { describing -= 1 }
            states[number] = StageState(stages[number])
            open += followings[number]
        }
    }

    private func index(_ number: Int) -> StageIndex { StageIndex(image: self.number, number: number) }
}
