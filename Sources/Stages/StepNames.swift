// How steps are named: the parts of an unstaged image that nodes keep, and of which no repo has a tag.
import Digests

/// What names a step beside its work: a node that is given both finds the step's digest again by itself (design 5.8).
package struct StepOrigins: Hashable, Sendable {
    /// Nil for linux/amd64, which stays out of digests.
    package let platform: String?
    /// The words that name the files below it; none where it looks at nothing below.
    package let below: [NameWord]
    /// The same of each stage that it reads.
    package let sources: [StageIndex: [NameWord]]

    package init(platform: String?, below: [NameWord], sources: [StageIndex: [NameWord]]) {
        self.platform = platform
        self.below = below
        self.sources = sources
    }

    /// With every word as a text.
    package func resolved(_ text: (NameWord) -> String) -> StepOrigins {
        func texts(_ words: [NameWord]) -> [NameWord] { words.map { .text(text($0)) } }
        return StepOrigins(platform: platform, below: texts(below), sources: sources.mapValues(texts))
    }
}

/// A step is named by what it does to files and by what lies below; the configuration around it counts only where it
/// reaches the process. Every field of a work that can change the result has an input; what has none (proxies, the bytes
/// of secrets, how a cache is shared) must not change it, as in BuildKit.
package enum StepNames {
    /// Stands where a published stage has its instruction, so that the two never meet.
    static let keyword = "weft-step"
    /// Changes when the same inputs begin to give other files, or to have other names.
    static let version = "3"

    /// - Parameter files: names what patterns take of the context (`ContextNames.contentName`).
    package static func rule(
        of work: StageWork, _ origins: StepOrigins, files: @escaping ([String]) throws -> String
    ) throws -> NameRule {
        let inputs = StepInputs(origins: origins, files: files)
        let below: NameInput =
            work.needsNothingBelow
            ? .measured("below", "independent") : .counted("below", origins.below)
        return NameRule(
            platform: origins.platform, keyword: keyword,
            inputs: [.measured("step", version, work.kind)] + (try inputs.inputs(of: work)) + [below])
    }
}

extension StepOrigins {
    /// Whether its words are digests or `scratch`: no other text could be told from the inputs that follow it.
    package var isWellFormed: Bool {
        (below + sources.values.joined()).allSatisfy { word in
            guard case .text(let text) = word else { return false }
            return text == Self.scratch || StageDigest(text) != nil || BlobDigest(text) != nil
        }
    }

    static let scratch = "scratch"
}

extension NameInput {
    /// Words are hashed in one line, and may hold whatever separates them there: their lengths in front of them, in bytes,
    /// keep two lists from looking alike.
    static func measured(_ label: String, _ values: [String]) -> NameInput {
        let lengths = values.map { String($0.utf8.count) }.joined(separator: ",")
        return NameInput(label, words: ([label + lengthMark + lengths] + values).map(NameWord.text))
    }

    static func measured(_ label: String, _ values: String...) -> NameInput { measured(label, values) }

    /// The same for digests, whose lengths are known.
    static func counted(_ label: String, _ words: [NameWord]) -> NameInput {
        NameInput(label, words: [.text("\(label)\(lengthMark)\(words.count)")] + words)
    }

    /// Between a label and the lengths behind it.
    package static let lengthMark = "#"
}

extension StageWork {
    /// Its word in names.
    fileprivate var kind: String {
        switch self {
        case .run: "run"
        case .copy: "copy"
        case .makeDirectory: "directory"
        case .config, .base, .collect: "config"
        }
    }

    /// Stages that it reads, each once, in the order in which it names them.
    package var sourceStages: [StageIndex] {
        var stages: [StageIndex] = []
        func add(_ source: ContentSource?) {
            guard case .stage(let stage) = source, !stages.contains(stage) else { return }
            stages.append(stage)
        }
        switch self {
        case .run(let run):
            for mount in run.mounts {
                switch mount {
                case .bind(let from, _, _, _): add(from)
                case .cache(_, let from, _, _, _, _, _, _, _): add(from)
                case .tmpfs, .secret: break
                }
            }
        case .copy(let copy): add(copy.source)
        case .config, .base, .makeDirectory, .collect: break
        }
        return stages
    }
}
