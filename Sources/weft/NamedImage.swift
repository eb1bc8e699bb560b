// The stages of one image with their digests, the inputs of each, and what stands before a name.
import Digests
import Naming
import Stages

struct NamedImage: Sendable {
    let number: Int
    private(set) var lowered: LoweredImage?
    /// Of the whole of an unstaged image.
    private(set) var whole: DigestInputs?
    private var namer = Namer()

    init(number: Int, rule: NameRule?) {
        self.number = number
        guard let rule else { return }
        let index = StageIndex(image: number, number: -1)
        for case .named(_, let digest) in namer.step(.added(index, rule)) {
            whole = namer.inputs(rule, of: digest)
        }
    }

    mutating func take(_ lowered: LoweredImage) {
        self.lowered = lowered
        _ = namer.step(
            lowered.stages.enumerated().map { number, stage in
                if case .base(let base) = stage.work {
                    .resolved(index(number), manifest: base.manifestDigest)
                } else {
                    .added(index(number), stage.rule)
                }
            })
    }

    /// A stage was found in the repo: others may be named by it.
    mutating func chosen(_ number: Int, imageName: String) {
        _ = namer.step(.chosen(index(number), imageName: imageName))
    }

    private func index(_ number: Int) -> StageIndex { StageIndex(image: self.number, number: number) }

    /// Nil for a base, and while it waits.
    func digest(_ number: Int) -> StageDigest? { namer.digest(of: index(number)).flatMap { StageDigest($0) } }

    var digests: [StageDigest?] { (lowered?.stages.indices).map { $0.map(digest) } ?? [] }

    func inputs(_ number: Int) -> DigestInputs? {
        guard let stage = lowered?.stages[number], let digest = digest(number) else { return nil }
        return namer.inputs(stage.rule, of: digest)
    }

    /// The stage whose digest or image name is missing; the first one.
    func waitsFor(_ number: Int) -> Int? {
        namer.waiting.first { $0.stage == index(number) }?.for.number
    }

    /// `IMAGE/STAGE` of each stage. Instructions are counted in each stage of a Dockerfile: the second of a name is
    /// called `COPY1.2`.
    var titles: [String] {
        var counts: [String: Int] = [:]
        return (lowered?.stages ?? []).map { stage in
            let title = stage.title.description
            let count = counts[title, default: 0] + 1
            counts[title] = count
            return count == 1 ? title : "\(title).\(count)"
        }
    }
}
