// Names stages: a digest is given as soon as everything that goes into it is known.
package import Digests
package import Stages

/// A machine: told of stages and of what was chosen for them, it answers with digests.
///
/// Naming can't be one pass, because a digest may contain the image name of another stage, which is known only when
/// that stage was found or published (werf.md 2.6). A stage *waits* while its name needs another's.
package struct Namer: Sendable {
    package enum Event: Sendable {
        /// A stage and how it is named. Stages are added in the order of their indices.
        case added(StageIndex, NameRule)
        /// A base image: the digest of its manifest stands for it.
        case resolved(StageIndex, manifest: BlobDigest)
        /// A stage was found or published; `imageName` is `REPO:TAG`.
        case chosen(StageIndex, imageName: String)
    }

    package enum Effect: Hashable, Sendable {
        case named(StageIndex, StageDigest)
    }

    private var rules: [StageIndex: NameRule] = [:]
    private var digests: [StageIndex: String] = [:]
    private var imageNames: [StageIndex: String] = [:]
    /// Who must be looked at again when this stage gets a digest or an image name.
    private var waiters: [StageIndex: [StageIndex]] = [:]

    package init() {}

    package mutating func step(_ event: Event) -> [Effect] {
        var known: [StageIndex]
        switch event {
        case .added(let stage, let rule):
            rules[stage] = rule
            known = [stage]
        case .resolved(let stage, let manifest):
            digests[stage] = manifest.description
            known = waiters.removeValue(forKey: stage) ?? []
        case .chosen(let stage, let imageName):
            imageNames[stage] = imageName
            known = waiters.removeValue(forKey: stage) ?? []
        }
        var effects: [Effect] = []
        while let stage = known.popLast() {
            guard let digest = name(stage) else { continue }
            effects.append(.named(stage, digest))
            known += waiters.removeValue(forKey: stage) ?? []
        }
        return effects
    }

    /// What each unnamed stage waits for, in order: the answer of `explain digests`.
    package var waiting: [(stage: StageIndex, for: StageIndex)] {
        waiters.flatMap { entry in entry.value.map { (stage: $0, for: entry.key) } }
            .sorted { ($0.stage, $0.for) < ($1.stage, $1.for) }
    }

    package func digest(of stage: StageIndex) -> String? { digests[stage] }

    private mutating func name(_ stage: StageIndex) -> StageDigest? {
        guard digests[stage] == nil, let rule = rules[stage] else { return nil }
        if let missing = firstUnknown(of: rule) {
            waiters[missing, default: []].append(stage)
            return nil
        }
        let digest = StageDigest(of: parts(of: rule))
        digests[stage] = digest.hex
        rules[stage] = nil
        return digest
    }

    private func firstUnknown(of rule: NameRule) -> StageIndex? {
        if let previous = rule.previous, digests[previous] == nil { return previous }
        for word in rule.inputs.lazy.flatMap(\.words) {
            if let missing = unknown(word) { return missing }
        }
        return rule.base.flatMap(unknown)
    }

    private func unknown(_ word: NameWord) -> StageIndex? {
        switch word {
        case .text: nil
        case .imageName(let stage): imageNames[stage] == nil ? stage : nil
        case .digest(let stage): digests[stage] == nil ? stage : nil
        }
    }

    private func parts(of rule: NameRule) -> [String] {
        var parts = rule.platform.map { [$0] } ?? []
        parts += [DigestFormat.version, rule.keyword, JoinedHash.sha256(rule.inputs.flatMap(\.words).map(text))]
        if let previous = rule.previous { parts += [digests[previous] ?? "", ""] }
        if let base = rule.base { parts.append(text(base)) }
        return parts
    }

    func text(_ word: NameWord) -> String {
        switch word {
        case .text(let text): text
        case .imageName(let stage): imageNames[stage] ?? ""
        case .digest(let stage): digests[stage] ?? ""
        }
    }
}
