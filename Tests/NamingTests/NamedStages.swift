// Names all stages of a lowered image, as a build does that finds each published stage under a given name.
import Digests
import Naming
import Stages

struct NamedStages {
    private(set) var digests: [StageIndex: String] = [:]
    private(set) var waiting = 0

    /// `imageName` says under which name a stage was published; it is told once the stage has its digest.
    init(_ image: LoweredImage, imageName: (StageIndex) -> String? = { _ in nil }) {
        var namer = Namer()
        var effects: [Namer.Effect] = []
        for (number, stage) in image.stages.enumerated() {
            let index = StageIndex(image: image.last.image, number: number)
            if case .base(let base) = stage.work {
                effects += namer.step(.resolved(index, manifest: base.manifestDigest))
            } else {
                effects += namer.step(.added(index, stage.rule))
            }
        }
        while let effect = effects.popLast() {
            guard case .named(let index, let digest) = effect else { continue }
            digests[index] = digest.hex
            if let name = imageName(index) { effects += namer.step(.chosen(index, imageName: name)) }
        }
        waiting = namer.waiting.count
    }

    /// The digests of the published stages in order.
    func published(_ image: LoweredImage) -> [String?] {
        image.stages.indices.filter { image.stages[$0].publicity != .base }
            .map { digests[StageIndex(image: image.last.image, number: $0)] }
    }
}

/// werf's digest of one stage of a staged image, put together by hand.
func stagedDigest(
    _ keyword: String, _ words: [String], after previous: String? = nil, on base: String? = nil
) -> String {
    let tail = (previous.map { [$0, ""] } ?? []) + (base.map { [$0] } ?? [])
    return JoinedHash.sha3(["1.2", keyword, JoinedHash.sha256(words)] + tail)
}

/// werf's digest of an unstaged image, put together by hand.
func unstagedDigest(_ items: [String]) -> String {
    JoinedHash.sha3(["1.2", "dockerfile", JoinedHash.sha256(items)])
}
