// The checked project as words and JSON; values of secrets are never among them.
import Images
import Projects

struct ConfigExplanation: Encodable {
    struct Image: Encodable {
        let image: String
        let place: String
        let final: Bool
        let staged: Bool
        let dockerfile: String
        let context: String
        let contextAddFiles: [String]
        let target: String?
        let args: [String: String]
        let addHost: [String]
        let network: String?
        let platforms: [String]
        let cacheVersion: String
        let secrets: [String]
        let dependencies: [Dependency]
    }

    struct Dependency: Encodable {
        let image: String
        /// `ImageName → BASE_IMAGE`
        let imports: [String]
    }

    let project: String
    let configVersion: Int
    let configPath: String
    let images: [Image]

    init(_ project: Project) {
        let mask = SecretMask(project.images)
        self.project = project.name
        configVersion = project.configVersion
        configPath = project.configPath
        images = project.images.map { Self.image($0, mask) }
    }

    private static func image(_ image: DockerfileImage, _ mask: SecretMask) -> Image {
        Image(
            image: image.name, place: image.location.description, final: image.final, staged: image.staged,
            dockerfile: image.dockerfile, context: image.context, contextAddFiles: image.contextAddFiles,
            target: image.target,
            args: Dictionary(
                image.args.map { ($0.name, mask.masked($0.value)) }, uniquingKeysWith: { _, last in last }),
            addHost: image.addHost, network: image.network, platforms: image.platforms.map(\.description),
            cacheVersion: mask.masked(image.cacheVersion),
            // A secret describes itself without its value.
            secrets: image.secrets.map(\.description),
            dependencies: image.dependencies.map { dependency in
                Dependency(
                    image: dependency.image,
                    imports: dependency.imports.map { "\($0.type.rawValue) → \($0.targetBuildArg)" })
            })
    }

    /// What is as by default is left out.
    var lines: [String] {
        ["project \(project)  (\(configPath), configVersion \(configVersion))"] + images.flatMap(Self.lines)
    }

    private static func lines(_ image: Image) -> [String] {
        var lines = ["", "\(image.image.isEmpty ? "~" : image.image)  (\(image.place))"]
        func add(_ name: String, _ value: String) {
            guard !value.isEmpty else { return }
            lines.append("  " + name + String(repeating: " ", count: max(1, 14 - name.count)) + value)
        }
        add("dockerfile", image.dockerfile)
        add("context", image.context)
        add("added files", image.contextAddFiles.joined(separator: ", "))
        add("target", image.target ?? "")
        add(
            "kind",
            [image.staged ? "staged" : "", image.final ? "" : "not final"].filter { !$0.isEmpty }
                .joined(separator: ", "))
        for (name, value) in image.args.sorted(by: { $0.key < $1.key }) { add("arg", "\(name)=\(value)") }
        add("hosts", image.addHost.joined(separator: ", "))
        add("network", image.network ?? "")
        add("platforms", image.platforms.joined(separator: ", "))
        add("cache version", image.cacheVersion)
        for secret in image.secrets { add("secret", secret) }
        for dependency in image.dependencies {
            let imports = dependency.imports.isEmpty ? "" : ": " + dependency.imports.joined(separator: ", ")
            add("depends on", dependency.image + imports)
        }
        return lines
    }
}
