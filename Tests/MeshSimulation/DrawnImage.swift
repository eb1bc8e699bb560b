// Images and their stages as tests draw them: as lowering would make them, named by the same rules.
package import Mesh
import Planning
package import Projects
import Stages

/// One instruction. Numbers are places in `DrawnImage.stages`.
package struct DrawnStage: Hashable, Sendable {
    package enum Work: Hashable, Sendable {
        case base
        case run
        case copy(from: Int?, isLinked: Bool)
        case config
    }

    package var work: Work
    package var text: String
    /// Nil: the stage before this one, or nothing for a base.
    package var on: Int?
    /// It is the first of a Dockerfile stage that stands on another one: named by the name of what it is built on.
    package var begins: Bool

    private init(_ work: Work, _ text: String, on: Int?, begins: Bool = false) {
        (self.work, self.text, self.on, self.begins) = (work, text, on, begins)
    }

    package static func base(_ name: String) -> DrawnStage { DrawnStage(.base, name, on: nil) }

    package static func run(_ text: String, on: Int? = nil, begins: Bool = false) -> DrawnStage {
        DrawnStage(.run, text, on: on, begins: begins)
    }

    package static func config(_ text: String, on: Int? = nil, begins: Bool = false) -> DrawnStage {
        DrawnStage(.config, text, on: on, begins: begins)
    }

    package static func copy(
        _ text: String, on: Int? = nil, from: Int? = nil, isLinked: Bool = false, begins: Bool = false
    ) -> DrawnStage {
        DrawnStage(.copy(from: from, isLinked: isLinked), text, on: on, begins: begins)
    }

    var keyword: String {
        switch work {
        case .base: "FROM"
        case .run: "RUN"
        case .copy: "COPY"
        case .config: "ENV"
        }
    }
}

package struct DrawnImage: Sendable {
    package struct Need: Sendable {
        package let image: Int
        package let imports: [Dependency.Import]
    }

    package var name: String
    package var isStaged: Bool
    package var stages: [DrawnStage]
    package var needs: [Need] = []
    /// The images inside it, with the last stage of each; ascending.
    package var inner: [(name: String, last: Int)] = []

    package static func staged(_ name: String, _ stages: DrawnStage...) -> DrawnImage {
        DrawnImage(name: name, isStaged: true, stages: stages)
    }

    package static func unstaged(_ name: String, _ stages: DrawnStage...) -> DrawnImage {
        DrawnImage(name: name, isStaged: false, stages: stages)
    }

    /// Built after `image`, which gives it the values of `types` as arguments of the same names.
    package func needing(_ image: Int, _ types: Dependency.ImportType...) -> DrawnImage {
        var copy = self
        let imports = types.map { Dependency.Import(type: $0, targetBuildArg: "\($0.rawValue)\(image)") }
        copy.needs.append(Need(image: image, imports: imports))
        return copy
    }

    /// The image in whose log stage `number` stands.
    func title(of number: Int) -> String { inner.first { $0.last >= number }?.name ?? name }

    /// The place of what stage `number` is built on.
    func parent(_ number: Int) -> Int? {
        if let on = stages[number].on { return on }
        return number == 0 || stages[number].work == .base ? nil : number - 1
    }
}

/// The images of a build, dependencies first.
package struct DrawnProject: Sendable {
    package static let repo = "registry.example.com/shop"

    package var images: [DrawnImage]

    package init(_ images: DrawnImage...) { self.images = images }
    init(images: [DrawnImage]) { self.images = images }

    package func request(
        _ mode: BuildRequest.Mode = .build, tasksLimit: Int? = nil, keepsGoing: Bool = false, durations: [UInt8] = []
    ) -> BuildRequest {
        let requests = images.map { image in
            var config = DockerfileImage(
                name: image.name, dockerfile: "Dockerfile", location: ConfigLocation(file: "werf.yaml", line: 1))
            config.staged = image.isStaged
            config.dependencies = image.needs.map { need in
                Dependency(
                    image: images.indices.contains(need.image) ? images[need.image].name : "", imports: need.imports)
            }
            return ImageRequest(image: config, platform: "linux/amd64", dependencies: image.needs.map(\.image))
        }
        return BuildRequest(
            project: "shop", images: requests, mode: mode, tasksLimit: tasksLimit, keepsGoing: keepsGoing,
            durations: durations, commit: "c0ffee", builder: "weft-1", repo: Self.repo,
            beganAt: Timestamps.greatest - Timestamps.aheadMax)
    }
}
