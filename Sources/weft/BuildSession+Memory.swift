// After a build: what its digests were made of is kept for `weft explain`.
import BlobStore
import Mesh
import Projects
import Reports
import Stages

extension BuildSession {
    /// A build is done whether or not this works.
    func remember(_ outcome: BuildOutcome, _ images: [ImageRequest], _ source: RecordingSource) {
        guard outcome.failure == nil, !flags.checkBuiltImages else { return }
        do {
            let memory = try BuildMemory(root: parts.store.root, project: opened.project.name)
            for (number, request) in images.enumerated() {
                guard let record = outcome.records.first(where: { $0.name == request.image.name }) else { continue }
                let named = Self.named(number, source.seen(number), record)
                let known = ImageMemory(
                    image: request.image.name, commit: opened.commit, named: named,
                    wholeTitle: request.image.displayName + "/dockerfile")
                try memory.write(known)
            }
        } catch {
            parts.report(.detail("what the digests were made of was not kept for weft explain: \(error)"))
        }
    }

    /// The stages of a staged image have records, in their order.
    private static func named(_ number: Int, _ seen: RecordingSource.Seen, _ record: ImageRecord) -> NamedImage {
        var named = NamedImage(number: number, rule: seen.rule)
        guard let lowered = seen.lowered else { return named }
        named.take(lowered)
        let published = lowered.stages.indices.filter { lowered.stages[$0].publicity == .published }
        guard published.count == record.stages.count else { return named }
        for (number, stage) in zip(published, record.stages) { named.chosen(number, imageName: stage.facts.name) }
        return named
    }
}
