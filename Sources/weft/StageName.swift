// `IMAGE/STAGE` as users write it: names of images have slashes, too.
import Projects
import Reports
import Stages
import Templates

struct StageName {
    let image: DockerfileImage
    /// Nil: the whole image.
    let stage: String?

    init(_ text: String, in project: Project) throws {
        let images = project.images.filter { text == $0.displayName || text.hasPrefix($0.displayName + "/") }
        // Of `app` and `app/stage`, the longer name is meant.
        if let image = images.max(by: { $0.displayName.count < $1.displayName.count }) {
            self.image = image
            stage = text == image.displayName ? nil : text
            return
        }
        let known = project.images.map(\.displayName) + ["config", "graph", "digests", "plan"]
        let first = String(text.prefix { $0 != "/" })
        let near = nearestName(to: text, among: known) ?? nearestName(to: first, among: known)
        throw UsageError("there is no image \"\(text)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
    }

    func explained(
        _ image: PreviewedImage, memory: ImageMemory?, repo: String, mask: SecretMask
    ) throws -> ExplainedRebuild {
        if case .waits(let names) = image.state {
            return ExplainedRebuild(
                stage: stage ?? image.image.displayName, text: "", place: image.image.location.description,
                outcome: "has no name yet: it contains that of \(names.joined(separator: ", ")), not built; "
                    + "weft explain \(names[0]) says why",
                comparison: .unnamed)
        }
        let explanation = RebuildExplanation(image: image, memory: memory, repo: repo, mask: mask)
        let last = image.named.lowered.map { image.named.titles[$0.last.number] }
        let title = stage ?? (image.image.staged ? last : nil) ?? image.wholeTitle
        if let found = explanation.stage(title) { return found }
        let stages = image.named.lowered?.stages ?? []
        let titles = zip(stages, image.named.titles).filter { $0.0.publicity != .base }.map(\.1)
        let known = image.image.staged ? titles : [image.wholeTitle] + titles
        let near = nearestName(to: title, among: known).map { "; did you mean \($0)?" } ?? "."
        throw UsageError("there is no stage \(title)\(near) There are: \(known.joined(separator: ", "))")
    }
}
