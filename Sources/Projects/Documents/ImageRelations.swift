// What holds between images: unique names, references that resolve, no circles.
import Images
import Templates

struct ImageRelations {
    let images: [DockerfileImage]

    func check() throws(ConfigError) {
        try checkNames()
        try checkReferences()
        try checkCircles()
    }

    private func checkNames() throws(ConfigError) {
        var seen: [String: DockerfileImage] = [:]
        for image in images {
            if let earlier = seen[image.name] {
                let name = image.name.isEmpty ? "the nameless image" : "the image `\(image.name)`"
                throw error(image, "\(name) is defined twice, first at \(earlier.location).")
            }
            seen[image.name] = image
        }
        if images.count(where: \.final) > 1, let nameless = seen[""] {
            throw error(
                nameless, "a nameless image must be the only final image of the file.", hint: "Give it a name.")
        }
    }

    private func checkReferences() throws(ConfigError) {
        var platforms: [String: [Platform]] = [:]
        for image in images { platforms[image.name] = image.platforms }
        for image in images {
            for dependency in image.dependencies {
                guard let available = platforms[dependency.image] else {
                    let near = nearestName(to: dependency.image, among: images.map(\.name))
                    throw error(
                        image,
                        "the image `\(image.displayName)` depends on `\(dependency.image)`, which is not in the file.",
                        hint: near.map { "Did you mean `\($0)`?" })
                }
                for platform in image.platforms where !available.contains(platform) {
                    throw error(
                        image,
                        "the image `\(image.displayName)` for \(platform) depends on `\(dependency.image)`, "
                            + "which is not built for that platform.")
                }
            }
        }
    }

    /// Depth first without recursion: chains are as long as the file allows.
    private func checkCircles() throws(ConfigError) {
        var index: [String: Int] = [:]
        for (number, image) in images.enumerated() { index[image.name] = number }
        var done = Array(repeating: false, count: images.count)
        var open = done
        for start in images.indices where !done[start] {
            var path = [(image: start, next: 0)]
            open[start] = true
            while let (current, next) = path.last {
                let dependencies = images[current].dependencies
                guard next < dependencies.count else {
                    done[current] = true
                    open[current] = false
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                guard let target = index[dependencies[next].image], !done[target] else { continue }
                guard !open[target] else { throw circle(path.map(\.image), back: target) }
                open[target] = true
                path.append((target, 0))
            }
        }
    }

    private func circle(_ path: [Int], back: Int) -> ConfigError {
        let names = (path.drop { $0 != back } + [back]).map { images[$0].displayName }
        return error(images[back], "infinite loop detected: \(names.joined(separator: " -> ")).")
    }

    private func error(_ image: DockerfileImage, _ problem: String, hint: String? = nil) -> ConfigError {
        let place = image.location
        return ConfigError(
            file: place.file, line: place.line, rendered: place.rendered, problem: problem, hint: hint)
    }
}
