// Which Dockerfile stages an image needs, and what the names after FROM, --from and from= stand for.
package import Dockerfiles
import Images
import Projects

/// What a name in a Dockerfile refers to.
package enum StageReference: Hashable, Sendable {
    case scratch
    /// A stage of the same Dockerfile, by index.
    case stage(Int)
    /// An image of a registry.
    case image(String)
}

package struct StageReferences: Sendable {
    package let dockerfile: Dockerfile
    /// The base of each stage.
    package let bases: [StageReference]
    package let target: Int
    /// The base of each stage as text, after expansion.
    package let baseNames: [String]
    /// Of several stages with one name the last.
    private let stagesByName: [String: Int]
    private let isStaged: Bool

    package init(_ recipe: ImageRecipe, arguments: GlobalArguments) throws(StagingError) {
        dockerfile = recipe.dockerfile
        isStaged = recipe.image.staged
        let expander = Expander(escape: dockerfile.directives.escape)
        var names: [String] = []
        var bases: [StageReference] = []
        var earlier: [String: Int] = [:]
        for stage in dockerfile.stages {
            let name = try expander.expand(stage.base, arguments.values, at: stage.location)
            guard !name.isEmpty else {
                throw StagingError(
                    place: stage.location.description,
                    reason: "the base image name \"\(stage.base)\" is empty after its arguments were replaced: "
                        + "give a value to the ARG it uses, in `args` of werf.yaml or as its default")
            }
            names.append(name)
            // The case of letters counts here, unlike after --from: BuildKit and werf's names take `FROM Base` for an
            // image.
            bases.append(earlier[name].map { .stage($0) } ?? (name == "scratch" ? .scratch : .image(name)))
            if let own = stage.name { earlier[own] = stage.index }
        }
        baseNames = names
        self.bases = bases
        stagesByName = earlier
        target = try Self.target(recipe, earlier)
    }

    /// What a `--from` or `from` refers to. `check` says whether a stage may be used there. For BuildKit a mount's number
    /// is the name of an image; for werf, which builds staged images itself, it is a stage in a mount, too.
    func source(_ use: SourceUse, asWerf: Bool = false) -> StageReference {
        if let index = stagesByName[use.text.lowercased()] { return .stage(index) }
        if use.mayBeNumber || isStaged || asWerf, let number = Int(use.text) { return .stage(number) }
        return use.text == "scratch" ? .scratch : .image(use.text)
    }

    /// Refuses a source that no stage `index` can have: itself, a later stage, or none at all.
    func check(_ use: SourceUse, in index: Int) throws(StagingError) {
        let reason: String
        switch source(use) {
        case .scratch: return
        case .image(let name): return try Self.checkImage(name, use.location)
        case .stage(let stage) where dockerfile.stages.indices.contains(stage):
            if stage < index { return }
            reason =
                stage == index
                ? "the stage can't take files from itself (\"\(use.text)\")"
                : "the stage \"\(use.text)\" begins further down: a stage takes files only from those before it"
        case .stage:
            reason =
                "there is no stage \(use.text): this Dockerfile's are numbered from 0 to "
                + "\(dockerfile.stages.count - 1)"
        }
        throw StagingError(place: use.location.description, reason: reason)
    }

    /// Refuses a base that is neither a stage nor the name of an image.
    func checkBase(of index: Int) throws(StagingError) {
        guard case .image(let name) = bases[index] else { return }
        let location = dockerfile.stages[index].location
        guard stagesByName[name.lowercased()] == nil || name == name.lowercased() else {
            throw StagingError(
                place: location.description,
                reason: "\"\(name)\" is no name of an image; the stage is called \"\(name.lowercased())\": "
                    + "after FROM the names of stages are written in lower case")
        }
        try Self.checkImage(name, location)
    }

    private static func checkImage(_ name: String, _ location: SourceLocation) throws(StagingError) {
        do {
            _ = try ImageReference(name)
        } catch {
            throw StagingError(place: location.description, reason: error.description)
        }
    }

    private static func target(_ recipe: ImageRecipe, _ stagesByName: [String: Int]) throws(StagingError) -> Int {
        let stages = recipe.dockerfile.stages
        guard let target = recipe.image.target else {
            guard let last = stages.indices.last else {
                throw StagingError(
                    place: recipe.dockerfile.name, reason: "the Dockerfile has no FROM: nothing to build")
            }
            return last
        }
        if let index = stagesByName[target.lowercased()] { return index }
        if let number = Int(target), stages.indices.contains(number) { return number }
        let names = stages.compactMap(\.name).joined(separator: ", ")
        throw StagingError(
            place: recipe.image.location.description,
            reason: "the Dockerfile has no stage \"\(target)\" for `target`"
                + (names.isEmpty ? ": none of its stages has a name" : "; its stages are: \(names)"))
    }
}

/// One `--from=` or `from=` of an instruction.
struct SourceUse: Hashable, Sendable {
    let text: String
    /// After COPY's `--from`, and not in a mount.
    let mayBeNumber: Bool
    let location: SourceLocation

    /// What `instructions` refer to, beside their stage's base. The triggers of ONBUILD come later, and elsewhere.
    static func all(of instructions: [LocatedInstruction]) -> [SourceUse] {
        instructions.flatMap { located -> [SourceUse] in
            switch located.instruction {
            case .copy(let copy): return copy.from.map { [.copy($0, located.location)] } ?? []
            case .run(let run):
                return run.mounts.map(\.from).filter { !$0.isEmpty }.map { .mount($0, located.location) }
            default: return []
            }
        }
    }

    static func copy(_ text: String, _ location: SourceLocation) -> SourceUse {
        SourceUse(text: text, mayBeNumber: true, location: location)
    }

    static func mount(_ text: String, _ location: SourceLocation) -> SourceUse {
        SourceUse(text: text, mayBeNumber: false, location: location)
    }
}
