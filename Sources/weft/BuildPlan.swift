// The sets of images that a build prints before it begins, with the images inside staged ones (werf.md 4.1).
import Building
import Mesh
import Projects
import Reports
import Stages

struct BuildPlan {
    let project: Project
    /// By the image's name, of those that are staged or share their Dockerfile: others stand alone in their place. None
    /// where the Dockerfile can't be read, which the build will say.
    private let outlines: [String: ImageOutline]

    init(_ project: Project, _ images: [ImageRequest], _ source: ProjectSource) {
        self.project = project
        var outlines: [String: ImageOutline] = [:]
        let sharing = Dictionary(grouping: images.map(\.image), by: Self.file).mapValues(\.count)
        for (number, request) in images.enumerated()
        where request.image.staged || sharing[Self.file(request.image), default: 0] > 1 {
            outlines[request.image.name] = try? source.outline(image: number)
        }
        self.outlines = outlines
    }

    private static func file(_ image: DockerfileImage) -> [String] { [image.context, image.dockerfile] }

    func sets(_ names: [String]) -> [[PlannedImage]] {
        let images = names.compactMap { project.image(named: $0) }
        return project.sets(of: names, later: later(images)).flatMap { set in
            merged(set.compactMap { project.image(named: $0) }.map(levels))
        }
    }

    /// As werf's pages have it, and not its code: an image whose Dockerfile needs a stage that is another image's target
    /// stands after that one. The stages of a staged image stand in sets of their own.
    private func later(_ images: [DockerfileImage]) -> [String: Set<String>] {
        var later: [String: Set<String>] = [:]
        for (_, images) in Dictionary(grouping: images, by: Self.file) where images.count > 1 {
            for image in images where !image.staged {
                guard let own = outlines[image.name] else { continue }
                let needed = Set(own.parts.map(\.index)).subtracting([own.target])
                let others = images.filter { outlines[$0.name].map { needed.contains($0.target) } ?? false }
                later[image.name] = Set(others.map(\.name))
            }
        }
        return later
    }

    /// The deepest first; the image itself is the last.
    private func levels(_ image: DockerfileImage) -> [[PlannedImage]] {
        let own = PlannedImage(name: image.name, isFinal: image.final)
        guard image.staged, let parts = outlines[image.name]?.parts else { return [[own]] }
        let depth = parts.map(\.level).max() ?? 0
        return (0...depth).reversed().map { level in
            level == 0 ? [own] : parts.filter { $0.level == level }.map { PlannedImage(name: $0.name, isFinal: false) }
        }
    }

    /// The first levels of all images together, then the second.
    private func merged(_ images: [[[PlannedImage]]]) -> [[PlannedImage]] {
        (0..<(images.map(\.count).max() ?? 0)).map { level in
            images.flatMap { level < $0.count ? $0[level] : [] }
        }
    }
}
