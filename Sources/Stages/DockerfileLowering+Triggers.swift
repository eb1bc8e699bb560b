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
        case .stage(let base): return try Self.triggers(in: recipe.dockerfile.stages[base])
        }
    }

    /// What ONBUILD in `stage` says. A stage that is no base may say anything there.
    static func triggers(in stage: BuildStage) throws(StagingError) -> [LocatedInstruction] {
        var triggers: [LocatedInstruction] = []
        for located in stage.instructions {
            guard case .onbuild(let onbuild) = located.instruction else { continue }
            do {
                triggers.append(try onbuild.trigger())
            } catch {
                throw StagingError(
                    place: error.location.description,
                    reason: "the ONBUILD trigger can't be followed: \(error.message)"
                        + (error.hint.map { " (\($0))" } ?? ""))
            }
        }
        return triggers
    }

    /// Whoever made the base wrote the trigger: it is one instruction, and stands for the FROM that brought it.
    private func parsed(
        _ trigger: String, of name: String, at location: SourceLocation
    ) throws(StagingError) -> LocatedInstruction {
        do {
            return try LocatedInstruction(trigger: trigger, at: location)
        } catch {
            throw StagingError(
                place: location.description,
                reason: "the base image \(name) has an ONBUILD trigger that can't be followed: \(error.message)")
        }
    }
}
