// Names stages that do not wait for each other: their texts lie side by side and are hashed together.
import Digests
import Stages

/// Room for texts, used again by one wave after the other.
struct NamingWave {
    private var inputs = JoinedTexts()
    private var texts = JoinedTexts()

    /// The digests of stages with `rules`, in their order; `namer` knows all that they name.
    mutating func digests(_ rules: [NameRule], in namer: Namer) -> [StageDigest] {
        inputs.removeAll()
        texts.removeAll()
        for rule in rules {
            for word in rule.inputs.lazy.flatMap(\.words) { inputs.add(namer.text(word)) }
            inputs.endText()
        }
        for (rule, inputs) in zip(rules, inputs.blobDigests()) {
            if let platform = rule.platform { texts.add(platform) }
            texts.add(DigestFormat.version)
            texts.add(rule.keyword)
            texts.add(hexOf: inputs)
            if let previous = rule.previous {
                texts.add(namer.digest(of: previous) ?? "")
                texts.add("")
            }
            if let base = rule.base { texts.add(namer.text(base)) }
            texts.endText()
        }
        return texts.stageDigests()
    }
}
