// The images of a build in the order of their dependencies.
import Images
import Mesh
import Projects

extension OpenedProject {
    /// Dependencies before those that need them.
    func requests(_ names: [String]) throws -> [ImageRequest] {
        let sorted = project.sets(of: names).flatMap { $0 }
        let places = Dictionary(sorted.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return try sorted.map { name in
            guard let image = project.image(named: name) else {
                throw UsageError("no image \"\(name)\" in \(project.configPath)")
            }
            return ImageRequest(
                image: image, platform: NodeParts.platform.description,
                dependencies: image.dependencies.compactMap { places[$0.image] })
        }
    }
}
