// The words of `weft explain`: the same for everybody, so that they can be compared.

/// `short` cuts words that are too long to be shown; `pair` cuts two that differ to where they do.
package struct ExplanationText: Sendable {
    private let short: @Sendable (String) -> String
    private let pair: @Sendable (String, String) -> (old: String, new: String)

    package init(
        short: @escaping @Sendable (String) -> String,
        pair: @escaping @Sendable (String, String) -> (old: String, new: String)
    ) {
        self.short = short
        self.pair = pair
    }

    // MARK: graph

    package func graph(_ images: [ExplainedImage]) -> [String] {
        images.flatMap { image in
            [head(image)] + dependencies(image) + waiting(image) + (image.stages ?? []).map { graphLine($0) }
        }
    }

    private func head(_ image: ExplainedImage) -> String {
        let target = image.target.map { ", target \($0)" } ?? ""
        return "\(image.image)  (\(image.isStaged ? "staged " : "")\(image.dockerfile)\(target))"
    }

    private func dependencies(_ image: ExplainedImage) -> [String] {
        image.dependsOn.isEmpty ? [] : ["  depends on " + image.dependsOn.joined(separator: ", ")]
    }

    private func waiting(_ image: ExplainedImage) -> [String] {
        guard let names = image.waitsFor, !names.isEmpty else { return [] }
        return ["  waits for " + names.joined(separator: ", ")]
    }

    private func graphLine(_ stage: ExplainedStage) -> String {
        let parent = stage.parent.map { "on \($0)" } ?? (stage.work == .base ? "" : "on scratch")
        let sources =
            stage.sources.isEmpty ? "" : "reads " + stage.sources.map(String.init).joined(separator: ", ")
        let edges = [parent, sources].filter { !$0.isEmpty }.joined(separator: ", ")
        let words = [padded(String(stage.number), 4), padded(stage.stage, 28), padded(edges, 16), short(stage.text)]
        return joined(words + [stage.place.isEmpty ? "" : "(\(stage.place))"])
    }

    // MARK: digests

    package func digests(_ images: [ExplainedImage]) -> [String] {
        images.flatMap { image -> [String] in
            guard let stages = image.stages else { return [image.image] + waiting(image) }
            return stages.filter { $0.work != .base }.flatMap(digestLines)
        }
    }

    private func digestLines(_ stage: ExplainedStage) -> [String] {
        if let waitsFor = stage.waitsFor { return ["\(stage.stage)  waits for \(waitsFor)"] }
        // Whatever is not given is an empty word of the digest: nothing that people look for.
        let inputs = (stage.inputs ?? []).filter { $0.words.contains { !$0.isEmpty } }
        let width = min(28, inputs.map(\.label.count).max() ?? 0)
        return ["\(stage.stage)  \(stage.digest ?? "has no name")"]
            + inputs.flatMap { input in
                let first = joined(["    " + padded(input.label, width), input.words.first.map(shown) ?? ""])
                let more = input.words.dropFirst().map { "    " + padded("", width) + "  " + shown($0) }
                return [first] + more
            }
    }

    private func shown(_ word: String) -> String { word.isEmpty ? "\"\"" : short(word) }

    // MARK: plan

    package func plan(_ sets: [[ExplainedImage]]) -> [String] {
        var lines: [String] = []
        for (number, set) in sets.enumerated() {
            lines.append("set \(number + 1)")
            for image in set {
                lines.append("  " + joined([padded(image.image, 24), state(image)]))
                guard image.state == .build else { continue }
                lines += (image.stages ?? []).filter { $0.number > 0 && $0.work != .base && $0.fate != .unneeded }
                    .map { "    " + joined([padded(own($0.stage), 22), fate($0), short($0.text)]) }
            }
        }
        return lines + ["", summary(sets.flatMap { $0 })]
    }

    private func state(_ image: ExplainedImage) -> String {
        switch image.state {
        case .reused: "reused   \(image.published ?? "")"
        case .build: "build    " + (image.digest.map { "publish as \($0)" } ?? "its last stage has no name yet")
        case .same: "same     as \(image.sameAs ?? "another image")"
        case .waits: "waits    for " + (image.waitsFor ?? []).joined(separator: ", ")
        }
    }

    private func fate(_ stage: ExplainedStage) -> String {
        let word =
            switch stage.fate {
            case .base: "base"
            case .reused: "reused"
            case .remembered: "remembered"
            case .run: "run"
            case .config: "config only"
            case .same: "same as \(stage.found ?? "another")"
            case .unneeded: "not needed"
            case .unnamed, nil: stage.waitsFor.map { "after \($0)" } ?? "after others"
            }
        return padded(word, 12)
    }

    private func own(_ stage: String) -> String { String(stage.split(separator: "/").last ?? "") }

    private func summary(_ images: [ExplainedImage]) -> String {
        func count(_ state: ExplainedImage.State) -> Int { images.count { $0.state == state } }
        let stages = images.filter { $0.state == .build }.flatMap { $0.stages ?? [] }
        let built = count(.build) + count(.same)
        guard built > 0 || count(.waits) > 0 else { return "nothing to build: \(count(.reused)) images reused" }
        let steps =
            "\(stages.count { $0.fate == .run }) stages to run, \(stages.count { $0.fate == .remembered }) remembered"
        return "\(count(.reused)) images reused, \(built) to build (\(steps)), \(count(.waits)) waiting for those"
    }

    // MARK: One stage

    package func rebuild(_ stage: ExplainedRebuild) -> [String] {
        var lines = [joined([stage.stage, short(stage.text), stage.place.isEmpty ? "" : "(\(stage.place))"])]
        lines.append("  " + stage.outcome)
        let since = stage.oldCommit.map { "since the build of commit \($0.prefix(12))" } ?? "since the last build"
        let formerly = stage.oldStage.map { ", where it was \($0)" } ?? ""
        switch stage.comparison {
        case .unknown: lines.append("  no build that named this stage is remembered on this host")
        case .new: lines.append("  it is new \(since)")
        case .unnamed: lines.append("  its inputs are not all known yet")
        case .same: lines.append("  its inputs have not changed \(since)")
        case .changed: lines.append("  inputs that changed \(since)\(formerly):")
        }
        lines += stage.changes.flatMap(change)
        if let commit = stage.oldCommit, stage.changes.contains(where: \.isOfFiles) {
            lines.append("    which files: git diff --stat \(commit.prefix(12))")
        }
        for cause in stage.below { lines += ["", "because of"] + rebuild(cause) }
        return lines
    }

    private func change(_ change: ExplainedChange) -> [String] {
        let head = "    " + change.label
        switch change.kind {
        case .reordered: return ["    the same inputs in another order"]
        case .added: return [head + "  (new)"] + change.new.map { "      + " + short($0) }
        case .removed: return [head + "  (gone)"] + change.old.map { "      - " + short($0) }
        case .changed:
            guard !change.old.isEmpty || !change.new.isEmpty else {
                return [head + "  the same words in another order"]
            }
            guard change.old.count == change.new.count else {
                return [head] + change.old.map { "      - " + short($0) } + change.new.map { "      + " + short($0) }
            }
            return [head]
                + zip(change.old, change.new).flatMap { old, new in
                    let cut = pair(old, new)
                    return ["      - " + cut.old, "      + " + cut.new]
                }
        }
    }

    // MARK: Columns

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func joined(_ words: [String]) -> String {
        var line = words.filter { !$0.isEmpty }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
