// Why a stage is rebuilt: its inputs now beside those of the last build, down to where the difference begins.
import Digests
import Naming
import Planning
import Projects
import Reports
import Stages

struct RebuildExplanation {
    let image: PreviewedImage
    let memory: ImageMemory?
    let repo: String
    let mask: SecretMask

    /// Stages below that are shown as causes.
    private static let causesMax = 8

    /// Nil when the image has no stage of that name.
    func stage(_ title: String) -> ExplainedRebuild? {
        if title == image.wholeTitle, let whole = image.named.whole {
            let place = image.image.location.description
            return explained(title, text: "", shown: image.dockerfilePath, place, outcome, whole)
        }
        guard let stages = image.named.lowered?.stages,
            let number = image.named.titles.firstIndex(of: title)
        else { return nil }
        var result = explained(number, stages)
        result.below = causes(of: number, stages)
        return result
    }

    private func explained(_ number: Int, _ stages: [Stage]) -> ExplainedRebuild {
        let title = stages[number].title
        return explained(
            image.named.titles[number], text: title.text, shown: title.text, title.place, outcome(number, stages),
            image.named.inputs(number))
    }

    private func explained(
        _ title: String, text: String, shown: String, _ place: String, _ outcome: String, _ inputs: DigestInputs?
    ) -> ExplainedRebuild {
        let present = Set((image.named.lowered?.stages ?? []).map(\.title.text))
        let before = memory?.stage(title, text: text, present: present)
        let old = before?.digestInputs
        var result = ExplainedRebuild(
            stage: title, text: mask.masked(shown), place: place, outcome: outcome, comparison: .unnamed)
        result.digest = inputs?.digest.hex
        result.oldDigest = old?.digest.hex
        result.oldStage = before.flatMap { $0.stage == title ? nil : $0.stage }
        result.oldCommit = memory.flatMap { $0.commit.isEmpty ? nil : $0.commit }
        guard let inputs else { return result }
        guard let old else {
            result.comparison = memory?.hasInstructions == true ? .new : .unknown
            return result
        }
        result.comparison = inputs.digest == old.digest ? .same : .changed
        result.changes = inputs.bounded.changes(since: old).map(change)
        return result
    }

    private func change(_ change: InputChange) -> ExplainedChange {
        switch change {
        case .added(let input):
            ExplainedChange(kind: .added, label: input.label, old: [], new: input.words.map(mask.masked))
        case .removed(let input):
            ExplainedChange(kind: .removed, label: input.label, old: input.words.map(mask.masked), new: [])
        case .changed(let label, let old, let new):
            ExplainedChange(kind: .changed, label: label, old: old.map(mask.masked), new: new.map(mask.masked))
        case .reordered: ExplainedChange(kind: .reordered, label: "", old: [], new: [])
        }
    }

    // MARK: Causes

    /// Stages below whose own inputs changed, and not only the digests of what they are built on; the nearest first.
    private func causes(of number: Int, _ stages: [Stage]) -> [ExplainedRebuild] {
        var causes: [ExplainedRebuild] = []
        var seen: Set<Int> = [number]
        var open = stages[number].inputNumbers[...]
        while let below = open.popFirst(), causes.count < Self.causesMax {
            guard seen.insert(below).inserted, stages[below].publicity != .base else { continue }
            let result = explained(below, stages)
            guard result.comparison != .same else { continue }
            let isOwn = result.changes.contains { !stages[below].referenceLabels.contains($0.label) }
            if isOwn || result.comparison == .new { causes.append(result) }
            open += stages[below].inputNumbers
        }
        return causes
    }

    // MARK: Outcomes

    private var outcome: String {
        switch image.state {
        case .waits(let names): "its name waits for \(names.joined(separator: ", "))"
        case .found(let id, _): "reused: the repo has it as \(repo):\(id)"
        case .missing:
            image.sameAs.map { "built as the image \($0), which has the same digest" }
                ?? "built: the repo has nothing under its digest"
        }
    }

    private func outcome(_ number: Int, _ stages: [Stage]) -> String {
        if let id = image.reused[number] { return "reused: the repo has it as \(repo):\(id)" }
        if case .found(let id, _) = image.state {
            return "not looked at: the repo has the whole image as \(repo):\(id)"
        }
        guard image.fates.indices.contains(number) else { return outcome }
        switch image.fates[number] {
        case .base: return "an image of a registry"
        case .reused(let id): return "reused: the repo has it as \(repo):\(id)"
        case .remembered: return "reused: this host remembers its layer"
        case .run:
            let place = image.image.staged ? "the repo has nothing" : "this host remembers no layer"
            return "rebuilt: \(place) under its digest"
        case .config: return "made anew: it changes the configuration only, nothing runs"
        case .same(let index): return "reused: stage \(index) of this build has the same digest"
        case .unneeded: return "not needed: what would need it is at hand"
        case .unnamed:
            let name = image.named.waitsFor(number).map { image.named.titles[$0] }
            return "its name waits for " + (name.map { "the result of \($0)" } ?? "another stage")
        }
    }
}

extension Stage {
    fileprivate var inputNumbers: [Int] { (parent.map { [$0.number] } ?? []) + sources.map(\.number) }

    /// Inputs that only say what another stage is called.
    fileprivate var referenceLabels: Set<String> {
        let named = rule.inputs.filter { input in
            input.words.contains { word in
                if case .text = word { false } else { true }
            }
        }
        return Set(named.map(\.label) + ["built on", "base"])
    }
}
