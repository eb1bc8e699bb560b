// Images: opened in the order of their dependencies, named, taken apart, done.
import Digests
import Naming
import Planning
import Projects
import Reports
import Scheduling
import Stages

extension BuildMachine {
    mutating func openFirst() -> [Effect] {
        var effects: [Effect] = []
        for index in images.indices where images[index].waitsFor == 0 { effects += open(index) }
        return effects + endIfOver()
    }

    private mutating func open(_ index: Int) -> [Effect] {
        images[index].phase = .opening
        images[index].startedAt = now
        openCount += 1
        let arguments = arguments(of: index)
        images[index].arguments = arguments
        let question: Effect =
            images[index].isStaged
            ? .lower(image: index, arguments: arguments) : .name(image: index, arguments: arguments)
        return [.report(.imageStarted(image: images[index].name)), question]
    }

    /// What dependencies give to build arguments (werf.md 1.5).
    private func arguments(of index: Int) -> [String: String] {
        let image = request.images[index]
        var arguments: [String: String] = [:]
        for (dependency, place) in zip(image.image.dependencies, image.dependencies) {
            guard let stage = images[place].published else { continue }
            for item in dependency.imports {
                arguments[item.targetBuildArg] =
                    switch item.type {
                    case .imageName: stage.facts.name
                    case .imageTag: stage.facts.tag
                    case .imageRepo: request.repo
                    case .imageID: stage.facts.imageID.description
                    case .imageDigest: stage.facts.manifestDigest?.description ?? ""
                    }
            }
        }
        return arguments
    }

    // MARK: Unstaged images as a whole

    /// An unstaged image has its name: it is looked up as a whole.
    mutating func named(_ image: Int, _ rule: NameRule) -> [Effect] {
        var namer = Namer()
        guard case .named(_, let digest)? = namer.step(.added(.whole(of: image), rule)).first else {
            return fail(
                "image \(request.images[image].image.displayName): its name waits for a stage that is not there")
        }
        images[image].phase = .building
        images[image].whole = WholeStage(rule: rule, digest: digest)
        return chooseWhole(image)
    }

    func wholeTitle(_ image: Int) -> StageTitle {
        let config = request.images[image].image
        return StageTitle(
            image: config.name, name: "dockerfile", text: config.dockerfile, place: config.location.description)
    }

    mutating func chooseWhole(_ image: Int) -> [Effect] {
        guard let digest = images[image].whole?.digest else { return [] }
        let index = StageIndex.whole(of: image)
        if let id = choice(of: digest, notBefore: 0) {
            images[image].whole?.chosen = id
            return describe(index, id)
        }
        if request.mode == .check { return miss(image, wholeTitle(image), digest) }
        guard let maker = makers[digest] else {
            makers[digest] = index
            return [.lower(image: image, arguments: images[image].arguments)]
        }
        if let published = images[maker.image].published { return takeWhole(image, published) }
        follow(maker, index)
        return closeIfFailed(image)
    }

    /// The same image was made under another name.
    mutating func takeWhole(_ image: Int, _ published: PublishedStage) -> [Effect] {
        images[image].isNew = true
        return reuseWhole(image, published)
    }

    mutating func reuseWhole(_ image: Int, _ published: PublishedStage) -> [Effect] {
        let title = wholeTitle(image)
        let record = StageRecord(reused: published.facts, name: title.keyword)
        return [.report(.stageReused(title, published.facts))] + done(image, published, [record])
    }

    // MARK: Taking apart

    mutating func lowered(_ image: Int, _ lowered: LoweredImage) -> [Effect] {
        images[image].phase = .building
        images[image].take(lowered)
        images[image].nameStages()
        guard images[image].isStaged else {
            let steps = zip(images[image].stages, images[image].states).filter { $0.0.work.changesFiles }
            return [.remember(image: image, steps.compactMap(\.1.digest))]
        }
        return settle(image)
    }

    // MARK: The end of an image

    mutating func done(_ image: Int, _ published: PublishedStage, _ stages: [StageRecord]) -> [Effect] {
        images[image].published = published
        let nanoseconds = now.nanoseconds - images[image].startedAt.nanoseconds
        let record = ImageRecord(
            name: images[image].name, configType: images[image].isStaged ? .staged : .dockerfile, repo: request.repo,
            facts: published.facts, platform: request.images[image].platform,
            isFinal: request.images[image].image.final, isRebuilt: stages.contains(where: \.isRebuilt),
            duration: .nanoseconds(nanoseconds), stages: stages)
        images[image].record = record
        if record.isRebuilt { measured[DurationKey.image(record.name)] = nanoseconds }
        return [.report(.imageFinished(record))] + close(image)
    }

    mutating func miss(_ image: Int, _ title: StageTitle, _ digest: StageDigest) -> [Effect] {
        images[image].missing.append(MissingStage(title: title, digest: digest))
        return [.report(.missing(title, digest: digest))] + close(image)
    }

    /// Nothing more comes from this image: others may begin, or the build may end.
    mutating func close(_ image: Int) -> [Effect] {
        images[image].phase = .done
        openCount -= 1
        guard phase == .building else { return [] }
        var effects: [Effect] = []
        if images[image].published != nil {
            for dependent in images[image].dependents {
                images[dependent].waitsFor -= 1
                if images[dependent].waitsFor == 0 { effects += open(dependent) }
            }
        }
        return effects + endIfOver()
    }

    private mutating func endIfOver() -> [Effect] {
        guard openCount == 0 else { return [] }
        let waiting = images.filter { $0.phase == .waiting }.map(\.request.image.displayName)
        guard !waiting.isEmpty else { return schedule(.sealed(Self.build)) }
        guard request.mode == .check || failure != nil else {
            return fail("the images \(waiting.joined(separator: ", ")) wait for each other")
        }
        let reason =
            request.mode == .check
            ? "was not looked for: its name depends on an image that is missing"
            : "was not built: an image that it depends on failed"
        let warnings = waiting.map { Effect.report(.warning("image \($0) \(reason)")) }
        return warnings + schedule(.sealed(Self.build))
    }
}
