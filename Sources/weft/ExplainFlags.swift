// What the explaining commands share: flags, the look at the project, and the two forms of answers.
import ArgumentParser
import Foundation
import Projects
import Reports

struct ExplainFlags: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Images, with patterns; all when none is given.", valueName: "image"),
        completion: Completions.images)
    var images: [String] = []

    @Flag(help: "JSON, for scripts.")
    var json = false

    @OptionGroup(title: "Repo") var repo: RepoFlags
    @OptionGroup(title: "Project") var project: ProjectFlags
    @OptionGroup(title: "Output") var log: LogFlags

    func explain(_ depth: BuildPreview.Depth, _ opened: OpenedProject? = nil) async throws -> [ExplainedImage] {
        let opened = try opened ?? OpenedProject.open(project)
        let mask = SecretMask(opened.project.images)
        return try await withParts(repo) { parts in
            let all = try await BuildPreview(opened, parts, images: images, depth: depth).images()
            // A plan is of everything that is needed; the rest is asked of images by name.
            let shown = try Set(opened.project.select(images).chosen)
            return all.filter { depth == .plan || shown.contains($0.image.name) }
                .map { $0.explained(repo: parts.repoName(opened.project), others: all).masked(mask) }
        }
    }

    func print(_ value: some Encodable, _ lines: () -> [String]) throws {
        Output.line(json ? try JSONText.of(value) : lines().joined(separator: "\n"))
    }
}

/// Runs `body` with this node's parts, for commands that only look; warnings go to standard error.
func withParts<Value>(_ flags: RepoFlags, _ body: (NodeParts) async throws -> Value) async throws -> Value {
    let parts = try NodeParts(flags) { event in
        if case .warning(let text) = event { Failure.note("Warning: " + text) }
    }
    // Nothing is left half done by a command that only looks.
    parts.signals.call { exit(130) }
    do {
        let value = try await body(parts)
        await parts.close()
        return value
    } catch {
        await parts.close()
        throw error
    }
}

extension ExplainedImage {
    func masked(_ mask: SecretMask) -> ExplainedImage {
        var image = self
        image.stages = stages.map { stages in
            stages.map { stage in
                var stage = stage
                stage.text = mask.masked(stage.text)
                stage.inputs = stage.inputs?.map { input in
                    ExplainedInput(label: input.label, words: input.words.map(mask.masked))
                }
                return stage
            }
        }
        return image
    }

    /// The graph alone.
    var withoutDigests: ExplainedImage {
        var image = withoutInputs
        image.digest = nil
        image.published = nil
        image.stages = image.stages.map { stages in
            stages.filter { $0.number > 0 }.map { stage in
                var stage = stage
                (stage.digest, stage.waitsFor, stage.fate, stage.found) = (nil, nil, nil, nil)
                return stage
            }
        }
        return image
    }

    var withoutInputs: ExplainedImage {
        var image = self
        image.stages = stages.map { stages in
            stages.map { stage in
                var stage = stage
                stage.inputs = nil
                return stage
            }
        }
        return image
    }
}
