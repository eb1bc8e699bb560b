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

    /// What a stage is called in the names of others.
    private enum Name: Sendable {
        case stage(StageDigest)
        case base(manifest: BlobDigest)
    }

    private var rules: [StageIndex: NameRule] = [:]
    private var names: [StageIndex: Name] = [:]
    private var imageNames: [StageIndex: String] = [:]
    /// Who must be looked at again when this stage gets a digest or an image name.
    private var waiters: [StageIndex: [StageIndex]] = [:]

    package init() {}

    package mutating func step(_ event: Event) -> [Effect] { step([event]) }

    /// The same for events that come together: what does not wait for each other is hashed side by side. The effects
    /// are in the order of the stages.
    package mutating func step(_ events: [Event]) -> [Effect] {
        var known = events.flatMap { note($0) }
        var wave = NamingWave()
        var named: [(stage: StageIndex, digest: StageDigest)] = []
        while !known.isEmpty {
            let ready = known.compactMap { stage in takeRule(of: stage).map { (stage: stage, rule: $0) } }
            known = []
            for (stage, digest) in zip(ready.map(\.stage), wave.digests(ready.map(\.rule), in: self)) {
                names[stage] = .stage(digest)
                named.append((stage, digest))
                known += waiters.removeValue(forKey: stage) ?? []
            }
        }
        return named.sorted { $0.stage < $1.stage }.map { .named($0.stage, $0.digest) }
    }

    /// What each unnamed stage waits for, in order: the answer of `explain digests`.
    package var waiting: [(stage: StageIndex, for: StageIndex)] {
        waiters.flatMap { entry in entry.value.map { (stage: $0, for: entry.key) } }
            .sorted { ($0.stage, $0.for) < ($1.stage, $1.for) }
    }

    package func digest(of stage: StageIndex) -> String? {
        switch names[stage] {
        case .stage(let digest): digest.hex
        case .base(let manifest): manifest.description
        case nil: nil
        }
    }

    /// Who must be looked at after `event`.
    private mutating func note(_ event: Event) -> [StageIndex] {
        switch event {
        case .added(let stage, let rule):
            rules[stage] = rule
            return [stage]
        case .resolved(let stage, let manifest):
            names[stage] = .base(manifest: manifest)
            return waiters.removeValue(forKey: stage) ?? []
        case .chosen(let stage, let imageName):
            imageNames[stage] = imageName
            return waiters.removeValue(forKey: stage) ?? []
        }
    }

    /// The rule of a stage that can be named now, once.
    private mutating func takeRule(of stage: StageIndex) -> NameRule? {
        guard names[stage] == nil, let rule = rules[stage] else { return nil }
        if let missing = firstUnknown(of: rule) {
            waiters[missing, default: []].append(stage)
            return nil
        }
        return rules.removeValue(forKey: stage)
    }

    private func firstUnknown(of rule: NameRule) -> StageIndex? {
        if let previous = rule.previous, names[previous] == nil { return previous }
        for word in rule.inputs.lazy.flatMap(\.words) {
            if let missing = unknown(word) { return missing }
        }
        return rule.base.flatMap(unknown)
    }

    private func unknown(_ word: NameWord) -> StageIndex? {
        switch word {
        case .text: nil
        case .imageName(let stage): imageNames[stage] == nil ? stage : nil
        case .digest(let stage): names[stage] == nil ? stage : nil
        }
    }

    /// The word as it is hashed; empty while it is not known.
    package func text(_ word: NameWord) -> String {
        switch word {
        case .text(let text): text
        case .imageName(let stage): imageNames[stage] ?? ""
        case .digest(let stage): digest(of: stage) ?? ""
        }
    }
}
