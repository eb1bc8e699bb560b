// ONBUILD triggers: what the base of a stage left to be done first.
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    /// The ONBUILD triggers that the stage's base leaves it, parsed.
    func triggers(of index: Int) throws(StagingError) -> [LocatedInstruction] {
        switch references.bases[index] {
        case .scratch: return []
        case .image(let name):
            var instructions: [LocatedInstruction] = []
            for trigger in bases[name]?.config.config.onBuild ?? [] {
                instructions.append(try parsed(trigger, of: name, at: recipe.dockerfile.stages[index].location))
            }
            return instructions
        case .stage(let base): return Self.triggers(in: recipe.dockerfile.stages[base])
        }
    }

    /// What ONBUILD in `stage` says.
    static func triggers(in stage: BuildStage) -> [LocatedInstruction] {
        stage.instructions.compactMap { located in
            if case .onbuild(let onbuild) = located.instruction { onbuild.trigger } else { nil }
        }
    }

    /// Whoever made the base wrote the trigger: it is one instruction, and stands for the FROM that brought it.
    private func parsed(
        _ trigger: String, of name: String, at location: SourceLocation
    ) throws(StagingError) -> LocatedInstruction {
        let problem: String
        do {
            // A trigger alone is no Dockerfile: it needs a stage to stand in.
            let file = try Dockerfile.parse("FROM scratch\n" + trigger + "\n", name: "ONBUILD of \(name)")
            if file.stages.count == 1, let located = file.stages[0].instructions.first,
                file.stages[0].instructions.count == 1
            {
                return LocatedInstruction(
                    located.instruction, original: located.original, location: location, heredocs: located.heredocs)
            }
            problem = "it is not one instruction"
        } catch {
            problem = error.message
        }
        throw StagingError(
            place: location.description,
            reason: "the base image \(name) has an ONBUILD trigger that can't be followed: \(problem)")
    }
}
