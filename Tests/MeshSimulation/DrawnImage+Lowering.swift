// Drawn images as lowering makes them of Dockerfiles: the rules of names are those of `Stages`.
import Digests
import Images
package import Stages

extension DrawnImage {
    /// The rule of the whole image; arguments count as they are given.
    package func rule(_ arguments: [String: String]) -> NameRule {
        let texts = stages.map { "\($0.keyword) \($0.text)" } + words(arguments)
        return NameRule(platform: nil, keyword: "dockerfile", inputs: [.labelled("Dockerfile", texts)])
    }

    package func lowered(image: Int, arguments: [String: String]) -> LoweredImage {
        let lowered = stages.indices.map { stage($0, of: image, arguments) }
        let last = StageIndex(image: image, number: stages.count - 1)
        let images = inner.map {
            InternalImage(name: $0.name, last: StageIndex(image: image, number: $0.last), level: 1)
        }
        let own = images.isEmpty ? [] : [InternalImage(name: name, last: last, level: 0)]
        return LoweredImage(stages: lowered, last: last, internalImages: images + own)
    }

    private func words(_ arguments: [String: String]) -> [String] {
        arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private func stage(_ number: Int, of image: Int, _ arguments: [String: String]) -> Stage {
        let drawn = stages[number]
        func index(_ number: Int) -> StageIndex { StageIndex(image: image, number: number) }
        let text = ([drawn.text] + words(arguments)).joined(separator: " ")
        let title = StageTitle(
            image: self.title(of: number), name: "\(drawn.keyword)\(number)", text: drawn.text,
            place: "Dockerfile:\(number + 1)")
        if drawn.work == .base {
            let rule = NameRule(platform: nil, keyword: "FROM", inputs: [])
            return Stage(
                title: title, publicity: .base, parent: nil, work: .base(Self.baseImage(drawn.text)), rule: rule)
        }
        var source: StageIndex?
        if case .copy(let from?, _) = drawn.work { source = index(from) }
        let work = work(drawn, source, text)
        let origins = isStaged ? nil : origins(number, work, source, index)
        return Stage(
            title: title, publicity: isStaged ? .published : .step, parent: parent(number).map(index),
            sources: source.map { [$0] } ?? [], work: work,
            changes: drawn.work == .config ? [.environment(name: drawn.text, value: text)] : [],
            history: "\(drawn.keyword) \(drawn.text)",
            rule: origins.map { stepRule(work, $0) } ?? stagedRule(number, text, source, index), origins: origins)
    }

    private func work(_ drawn: DrawnStage, _ source: StageIndex?, _ text: String) -> StageWork {
        switch drawn.work {
        case .base, .config: .config
        case .run:
            .run(
                RunWork(
                    arguments: [text], environment: [], workingDirectory: "/", user: "", mounts: [],
                    network: .none, hosts: [], script: nil, scriptName: nil))
        case .copy(_, let isLinked):
            .copy(
                CopyWork(
                    source: source.map { .stage($0) } ?? .context, patterns: [text], destination: "/",
                    destinationIsDirectory: true, owner: nil, mode: nil, excludes: [], keepsParents: false,
                    isLinked: isLinked, unpacksArchives: false))
        }
    }

    /// As werf names the stages of staged images: a chain begins with a reference, and goes on with digests.
    private func stagedRule(
        _ number: Int, _ text: String, _ source: StageIndex?, _ index: (Int) -> StageIndex
    ) -> NameRule {
        var inputs: [NameInput] = [.labelled(stages[number].keyword, text)]
        if let source { inputs.append(NameInput("from", words: [.text("from"), .imageName(source)])) }
        var previous: StageIndex?
        var base: NameWord?
        if let parent = parent(number) {
            if stages[parent].work == .base {
                base = .text(stages[parent].text)
            } else if stages[number].begins {
                base = .imageName(index(parent))
            } else {
                previous = index(parent)
            }
        } else {
            base = .text("scratch")
        }
        return NameRule(
            platform: nil, keyword: stages[number].keyword, inputs: inputs, previous: previous, base: base)
    }

    /// What names a step beside its work.
    private func origins(
        _ number: Int, _ work: StageWork, _ source: StageIndex?, _ index: (Int) -> StageIndex
    ) -> StepOrigins {
        StepOrigins(
            platform: nil, below: work.needsNothingBelow ? [] : contentWords(parent(number), index),
            sources: source.map { [$0: contentWords($0.number, index)] } ?? [:])
    }

    private func stepRule(_ work: StageWork, _ origins: StepOrigins) -> NameRule {
        do {
            return try StepNames.rule(of: work, origins) { $0.joined(separator: " ") }
        } catch { preconditionFailure("files of a drawn image have a name: \(error)") }
    }

    /// The digests that together name the files of stage `number`: that of a linked copy says nothing of what is
    /// below it.
    private func contentWords(_ number: Int?, _ index: (Int) -> StageIndex) -> [NameWord] {
        var words: [NameWord] = []
        var number = number
        while let current = number {
            number = parent(current)
            switch stages[current].work {
            case .config: continue
            case .copy(_, isLinked: true): words.append(.digest(index(current)))
            case .base, .run, .copy: return words + [.digest(index(current))]
            }
        }
        return words + [.text("scratch")]
    }

    static func baseImage(_ name: String) -> BaseImage {
        let config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64")).encoded()
        let manifest = Manifest(config: config.descriptor, layers: [])
        guard let reference = try? ImageReference(name) else { preconditionFailure("\(name) is no reference") }
        return BaseImage(
            reference: reference, manifestDigest: BlobDigest(of: Array(name.utf8)), manifest: manifest,
            config: ImageConfig(platform: Platform(os: "linux", architecture: "amd64")))
    }
}
