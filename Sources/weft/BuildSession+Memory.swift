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
            let records = Dictionary(outcome.records.map { ($0.name, $0) }) { $1 }
            let memory = try BuildMemory(root: parts.store.root, project: opened.project.name)
            for (number, request) in images.enumerated() {
                guard records[request.image.name] != nil else { continue }
                let named = Self.named(number, source.seen(number), records)
                let known = ImageMemory(
                    image: request.image.name, commit: opened.commit, named: named,
                    wholeTitle: request.image.displayName + "/dockerfile")
                try memory.write(known)
            }
        } catch {
            parts.report(.detail("what the digests were made of was not kept for weft explain: \(error)"))
        }
    }

    /// The stages of a staged image have records, in their order, each with the image inside it that it belongs to.
    private static func named(
        _ number: Int, _ seen: RecordingSource.Seen, _ records: [String: ImageRecord]
    ) -> NamedImage {
        var named = NamedImage(number: number, rule: seen.rule)
        guard let lowered = seen.lowered else { return named }
        named.take(lowered)
        let published = lowered.stages.indices.filter { lowered.stages[$0].publicity == .published }
        let stages = lowered.internalImages.flatMap { records[$0.name]?.stages ?? [] }
        guard published.count == stages.count else { return named }
        for (number, stage) in zip(published, stages) { named.chosen(number, imageName: stage.facts.name) }
        return named
    }
}
