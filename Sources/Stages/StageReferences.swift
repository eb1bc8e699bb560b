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

    package init(_ recipe: ImageRecipe, arguments: GlobalArguments) throws(StagingError) {
        dockerfile = recipe.dockerfile
        let expander = Expander(escape: dockerfile.directives.escape)
        var names: [String] = []
        var bases: [StageReference] = []
        for stage in dockerfile.stages {
            let name = try expander.expand(stage.base, arguments.values, at: stage.location)
            guard !name.isEmpty else {
                throw StagingError(
                    place: stage.location.description,
                    reason: "the base image name \"\(stage.base)\" is empty after its arguments were replaced: "
                        + "give a value to the ARG it uses, in `args` of werf.yaml or as its default")
            }
            names.append(name)
            bases.append(Self.reference(name, before: stage.index, in: dockerfile, byIndex: false))
        }
        baseNames = names
        self.bases = bases
        target = try Self.target(recipe)
    }

    /// What `--from=TEXT` or `from=TEXT` in stage `index` refers to.
    package func source(_ text: String, in index: Int) -> StageReference {
        Self.reference(text, before: index, in: dockerfile, byIndex: true)
    }

    private static func reference(
        _ text: String, before index: Int, in dockerfile: Dockerfile, byIndex: Bool
    ) -> StageReference {
        let name = text.lowercased()
        if let stage = dockerfile.stages[..<index].last(where: { $0.name == name }) { return .stage(stage.index) }
        if byIndex, let number = Int(text), number >= 0, number < index { return .stage(number) }
        return text == "scratch" ? .scratch : .image(text)
    }

    private static func target(_ recipe: ImageRecipe) throws(StagingError) -> Int {
        let stages = recipe.dockerfile.stages
        guard let target = recipe.image.target else { return stages.count - 1 }
        if let stage = stages.last(where: { $0.name == target.lowercased() }) { return stage.index }
        if let number = Int(target), stages.indices.contains(number) { return number }
        let names = stages.compactMap(\.name).joined(separator: ", ")
        throw StagingError(
            place: recipe.image.location.description,
            reason: "the Dockerfile has no stage \"\(target)\" for `target`"
                + (names.isEmpty ? ": none of its stages has a name" : "; its stages are: \(names)"))
    }

    /// References that the instructions of a stage make, beside its base.
    package static func sources(of instructions: [LocatedInstruction]) -> [String] {
        instructions.flatMap { located -> [String] in
            switch located.instruction {
            case .copy(let copy): copy.from.map { [$0] } ?? []
            case .run(let run): run.mounts.map(\.from).filter { !$0.isEmpty }
            default: []
            }
        }
    }
}
