// After a build: what its digests were made of is kept for `weft explain`.
import BlobStore
import Digests
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
            var digests = memory.digests()
            let before = digests
            for (number, request) in images.enumerated() {
                guard let record = records[request.image.name] else { continue }
                let seen = source.seen(number)
                let digest = record.facts.id.digest.hex
                // Inputs of equal digests are equal; only the steps of an unstaged image may have been seen anew.
                if digests[request.image.name] == digest, seen.lowered == nil || request.image.staged { continue }
                digests[request.image.name] = digest
                let named = Self.named(number, seen, records)
                let known = ImageMemory(
                    image: request.image.name, commit: opened.commit, named: named,
                    wholeTitle: request.image.displayName + "/dockerfile")
                try memory.write(known)
            }
            if digests != before { try memory.write(digests) }
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
