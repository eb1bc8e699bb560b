// A folder of Tests/Conformance: its Dockerfile lowered, and what BuildKit made of it.
import Digests
import Dockerfiles
import Foundation
import Images
import Projects
import Stages

/// Foundation is used for folders and JSON only.
struct ConformanceCase: CustomStringConvertible {
    let name: String
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Conformance").standardizedFileURL

    private struct Reference: Decodable {
        let config: ContainerConfig?
        let error: String?
    }

    var description: String { name }

    static var all: [ConformanceCase] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "cases").path())
        return (names ?? []).sorted().map { ConformanceCase(name: $0) }
    }

    static var building: [ConformanceCase] { all.filter { !$0.name.hasPrefix("err-") } }
    static var refused: [ConformanceCase] { all.filter { $0.name.hasPrefix("err-") } }

    /// The config that BuildKit wrote.
    func expectedConfig() throws -> ContainerConfig? {
        try JSONDecoder().decode(Reference.self, from: Data(bytes(of: "reference.json"))).config
    }

    func config() throws -> ContainerConfig {
        try Self.config(of: lowered())
    }

    func lowered() throws -> LoweredImage {
        var image = Self.image
        image.target = lines(of: "target").first
        image.args = lines(of: "args").map { line in
            let (name, value) = Self.pair(line)
            return Projects.BuildArgument(name: name, value: value)
        }
        image.secrets = lines(of: "secrets").map { Secret(id: Self.pair($0).0, source: .value("")) }
        return try Self.lower(image, bytes(of: "Dockerfile"), Self.knownBases())
    }

    private func bytes(of file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Self.root.appending(path: "cases/\(name)/\(file)")))
    }

    private func lines(of file: String) -> [String] {
        let text = (try? bytes(of: file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    // MARK: Bases

    /// `base` and `base-onbuild` as their own Dockerfiles make them.
    private static func knownBases() throws -> [String: BaseImage] {
        var bases: [String: BaseImage] = [:]
        for name in ["base", "base-onbuild"] {
            let dockerfile = Array(try Data(contentsOf: root.appending(path: "\(name)/Dockerfile")))
            let config = try config(of: lower(image, dockerfile, bases))
            bases[name] = try base(name) { $0.config = config }
        }
        return bases
    }

    private static var image: DockerfileImage {
        DockerfileImage(name: "app", dockerfile: "Dockerfile", location: ConfigLocation(file: "werf.yaml", line: 1))
    }

    private static func pair(_ line: String) -> (String, String) {
        let name = line.prefix { $0 != "=" }
        return (String(name), String(line.dropFirst(name.count + 1)))
    }

    private static func lower(
        _ image: DockerfileImage, _ dockerfile: [UInt8], _ bases: [String: BaseImage]
    ) throws -> LoweredImage {
        let recipe = ImageRecipe(
            image: image, dockerfile: try Dockerfile.parse(dockerfile, name: "Dockerfile"),
            platform: Images.Platform(os: "linux", architecture: "amd64"))
        let missing = try DockerfileLowering.missingBases(recipe, known: bases)
        guard missing.isEmpty else { throw StagingError(place: "", reason: "unknown images: \(missing)") }
        return try DockerfileLowering.lower(recipe, bases: bases, names: FixedNames(), imageNumber: 0)
    }

    /// The config of the last stage, put together as a build does it: root, then one stage after the other.
    private static func config(of image: LoweredImage) throws -> ContainerConfig {
        var chain: [Stage] = []
        var config = ImageConfig(platform: Images.Platform(os: "linux", architecture: "amd64"))
        var next: StageIndex? = image.last
        while let index = next {
            let stage = image.stages[index.number]
            if case .base(let base) = stage.work { config = base.config } else { chain.append(stage) }
            next = stage.parent
        }
        var content = StageContent(root: .scratch)
        for stage in chain.reversed() { content = content.adding(layer: nil, of: stage) }
        return config.applying(content.changes, created: nil).config
    }
}
