// From what was seen of an image to what is said of it.
import Digests
import Naming
import Planning
import Projects
import Reports
import Stages

extension PreviewedImage {
    func explained(repo: String, others: [PreviewedImage]) -> ExplainedImage {
        var explained = ExplainedImage(
            image: image.displayName, dockerfile: dockerfilePath, isStaged: image.staged,
            dependsOn: image.dependencies.map(\.image).reduce(into: []) { if !$0.contains($1) { $0.append($1) } },
            state: .build)
        explained.target = image.target
        explained.sameAs = sameAs
        explained.digest = digest?.hex
        switch state {
        case .waits(let names):
            explained.state = .waits
            explained.waitsFor = names
            return explained
        case .found(let id, _):
            explained.state = .reused
            explained.published = repo + ":" + id.description
        case .missing: explained.state = sameAs == nil ? .build : .same
        }
        explained.stages = stages(repo: repo, others: others)
        return explained
    }

    var digest: StageDigest? { named.whole?.digest ?? named.lowered.flatMap { named.digest($0.last.number) } }

    var dockerfilePath: String {
        image.context.isEmpty ? image.dockerfile : image.context + "/" + image.dockerfile
    }

    private func stages(repo: String, others: [PreviewedImage]) -> [ExplainedStage]? {
        var all = whole.map { [$0] } ?? []
        guard let lowered = named.lowered else { return all.isEmpty ? nil : all }
        for (number, stage) in lowered.stages.enumerated() {
            all.append(explained(stage, number, repo: repo, others: others))
        }
        return all
    }

    /// The stage that covers all of an unstaged image.
    private var whole: ExplainedStage? {
        guard let inputs = named.whole else { return nil }
        var stage = ExplainedStage(
            number: 0, stage: wholeTitle, text: dockerfilePath, place: image.location.description, work: .image,
            parent: nil, sources: [])
        stage.digest = inputs.digest.hex
        stage.inputs = inputs.inputs.map { ExplainedInput(label: $0.label, words: $0.words) }
        return stage
    }

    var wholeTitle: String { image.displayName + "/dockerfile" }

    private func explained(
        _ stage: Stage, _ number: Int, repo: String, others: [PreviewedImage]
    ) -> ExplainedStage {
        var explained = ExplainedStage(
            number: number + 1, stage: named.titles[number], text: stage.title.text, place: stage.title.place,
            work: Self.work(stage.work), parent: stage.parent.map { $0.number + 1 },
            sources: stage.sources.map { $0.number + 1 })
        explained.digest = named.digest(number)?.hex
        explained.inputs = named.inputs(number)?.inputs.map { ExplainedInput(label: $0.label, words: $0.words) }
        explained.waitsFor = named.waitsFor(number).flatMap { title(of: $0) }
        guard fates.indices.contains(number) else { return explained }
        switch fates[number] {
        case .base: explained.fate = .base
        case .reused(let id):
            explained.fate = .reused
            explained.found = repo + ":" + id.description
        case .remembered: explained.fate = .remembered
        case .run: explained.fate = .run
        case .config: explained.fate = .config
        case .same(let index):
            explained.fate = .same
            explained.found = others.first { $0.named.number == index.image }?.title(of: index.number)
        case .unneeded: explained.fate = .unneeded
        case .unnamed: explained.fate = .unnamed
        }
        return explained
    }

    private func title(of number: Int) -> String? {
        let titles = named.titles
        return titles.indices.contains(number) ? titles[number] : nil
    }

    private static func work(_ work: StageWork) -> ExplainedStage.Work {
        switch work {
        case .base: .base
        case .run: .run
        case .copy: .copy
        case .makeDirectory: .makeDirectory
        case .config: .config
        case .collect: .image
        }
    }
}
