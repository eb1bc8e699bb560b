// What must hold of a build that says that all is done: every name is computed again from what was chosen.
import Digests
import Mesh
import Naming
import Projects
import Reports
import Stages

extension BuildRun {
    func check(_ outcome: BuildOutcome) {
        let images = project.drawn.images
        guard outcome.missing.isEmpty else { return }
        guard outcome.records.map(\.name) == images.map(\.name) else {
            return require(false, "the images \(outcome.records.map(\.name)) are done, and all were asked for")
        }
        for (number, image) in images.enumerated() {
            let record = outcome.records[number]
            require(record.facts == record.stages.last?.facts, "\(image.name) is not its last stage")
            let arguments = arguments(of: image, outcome.records)
            if image.isStaged {
                check(record, image.lowered(image: number, arguments: arguments), number)
            } else {
                var namer = Namer()
                let named = namer.step(.added(StageIndex(image: number, number: -1), image.rule(arguments)))
                require(digests(named) == [record.facts.id.digest], "\(image.name) has another digest than its inputs")
            }
        }
    }

    private func arguments(of image: DrawnImage, _ records: [ImageRecord]) -> [String: String] {
        var arguments: [String: String] = [:]
        for need in image.needs {
            let facts = records[need.image].facts
            for item in need.imports {
                arguments[item.targetBuildArg] =
                    switch item.type {
                    case .imageName: facts.name
                    case .imageTag: facts.id.description
                    case .imageRepo: DrawnProject.repo
                    case .imageID: facts.imageID.description
                    case .imageDigest: facts.manifestDigest?.description ?? ""
                    }
            }
        }
        return arguments
    }

    /// Each stage has the digest that follows from what was chosen below it, and is not older than its parent.
    private func check(_ record: ImageRecord, _ lowered: LoweredImage, _ number: Int) {
        let published = lowered.stages.indices.filter { lowered.stages[$0].publicity == .published }
        guard published.count == record.stages.count else {
            return require(false, "\(record.name) has \(record.stages.count) of \(published.count) stages")
        }
        var namer = Namer()
        var ids: [StageIndex: StageID] = [:]
        for (stage, facts) in zip(published, record.stages.map(\.facts)) {
            let index = StageIndex(image: number, number: stage)
            let named = digests(namer.step(.added(index, lowered.stages[stage].rule)))
            require(named == [facts.id.digest], "\(lowered.stages[stage].title) has another digest than its inputs")
            _ = namer.step(.chosen(index, imageName: facts.name))
            ids[index] = facts.id
            guard let parent = lowered.stages[stage].parent.flatMap({ ids[$0] }) else { continue }
            require(
                parent.timestamp <= facts.id.timestamp, "\(lowered.stages[stage].title) is older than its parent")
        }
    }

    private func digests(_ effects: [Namer.Effect]) -> [StageDigest] {
        effects.map { effect in
            switch effect {
            case .named(_, let digest): digest
            }
        }
    }
}
