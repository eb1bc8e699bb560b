// Dockerfiles: parsed to values with places inside the file, and lowered to stages that stand on earlier ones.
import Dockerfiles
import Images
import Projects
import Stages

private let name = "Dockerfile"
private let platform = Images.Platform(os: "linux", architecture: "amd64")

func checkDockerfile(_ bytes: [UInt8]) throws(BrokenProperty) {
    let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    let file: Dockerfile
    do throws(DockerfileError) {
        file = try Dockerfile.parse(bytes, name: name)
    } catch {
        try require((1...lines).contains(error.location.line) && error.location.column >= 1, "no place: \(error)")
        try require(error.location.file == name && !error.message.isEmpty, "no reason: \(error)")
        return
    }
    try require((try? Dockerfile.parse(bytes, name: name)) == file, "read twice, it is another file")
    for stage in file.stages { try check(stage, lines: lines) }
    for stage in file.stages { try checkTriggers(stage) }
    for staged in [false, true] { try checkLowering(file, staged: staged) }
}

private func check(_ stage: BuildStage, lines: Int) throws(BrokenProperty) {
    try require((1...lines).contains(stage.location.line), "\(stage.original) is at \(stage.location)")
    for located in stage.instructions {
        let place = located.location
        try require((1...lines).contains(place.line) && place.endLine <= lines, "\(located.original) is at \(place)")
        try require(place.line <= place.endLine, "\(located.original) ends before \(place)")
        try require(!located.original.isEmpty, "an instruction without text at \(place)")
    }
}

/// A trigger may be anything; what is read as one is a single instruction that stands where ONBUILD has it.
private func checkTriggers(_ stage: BuildStage) throws(BrokenProperty) {
    for located in stage.instructions {
        guard case .onbuild(let onbuild) = located.instruction else { continue }
        guard let trigger = try? onbuild.trigger() else { continue }
        try require(trigger.location == onbuild.location, "a trigger at \(trigger.location)")
        try require(!trigger.original.isEmpty, "a trigger without text: \(onbuild.expression)")
    }
}

/// Every image of a registry is one without files; one of them leaves triggers.
private func checkLowering(_ file: Dockerfile, staged: Bool) throws(BrokenProperty) {
    var image = DockerfileImage(
        name: "app", dockerfile: name, location: ConfigLocation(file: "werf.yaml", line: 1))
    image.staged = staged
    image.args = [BuildArgument(name: "A", value: "1")]
    image.secrets = [Secret(id: "s", source: .value(""))]
    let recipe = ImageRecipe(image: image, dockerfile: file, platform: platform, hasFromStage: staged)
    let lowered: LoweredImage
    do {
        lowered = try DockerfileLowering.lower(
            recipe, bases: try bases(for: recipe), names: FixedNames(), imageNumber: 0)
    } catch {
        return try require(!"\(error)".isEmpty, "no reason why it can't be staged")
    }
    for (number, stage) in lowered.stages.enumerated() {
        try require(stage.parent.map { $0.number < number } ?? true, "stage \(number) stands on a later one")
    }
    try require(lowered.stages.indices.contains(lowered.last.number), "the last stage is not there")
}

private func bases(for recipe: ImageRecipe) throws -> [String: BaseImage] {
    var bases: [String: BaseImage] = [:]
    while case let missing = try DockerfileLowering.missingBases(recipe, known: bases), !missing.isEmpty {
        for name in missing { bases[name] = try base(name) }
    }
    return bases
}

private func base(_ name: String) throws -> BaseImage {
    var config = ImageConfig(platform: platform)
    if name.contains("onbuild") { config.config.onBuild = ["COPY --from=tools /a /b", "ENV B=$A", "RUN make"] }
    let manifest = Manifest(config: config.encoded().descriptor, layers: [])
    return BaseImage(
        reference: try ImageReference(name), manifestDigest: manifest.encoded().digest, manifest: manifest,
        config: config)
}

private struct FixedNames: ContextNames {
    func unstagedChecksum(sources: [String]) -> String { "checksum" }
    func stagedChecksum(globs: [String]) -> String { "checksum" }
    func stagedChecksum(paths: [String]) -> String { "checksum" }
    func contentName(patterns: [String]) -> String { patterns.joined(separator: ",") }
}
