// `weft explain`: the value at any arrow from configuration to plan, and why a stage is rebuilt.
import ArgumentParser
import BlobStore
import Foundation
import Naming
import Projects
import Reports

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show what a build would see and do, and why. Builds nothing.",
        discussion: """
            weft explain IMAGE/STAGE is short for weft explain stage IMAGE/STAGE.

            EXAMPLES
              weft explain config                the images of werf.yaml, checked
              weft explain graph backend         its stages, and what they are built on
              weft explain digests --json        every digest with all that it is made of
              weft explain plan                  what a build would reuse, run and publish
              weft explain backend/RUN3          what changed since the last build
            """,
        subcommands: [Config.self, Graph.self, Digests.self, Plan.self, Stage.self])

    struct Config: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "config", abstract: "The project as werf.yaml describes it, checked; no value of a secret.",
            discussion: """
                EXAMPLES
                  weft explain config
                  weft explain config --json | jq '.images[].dockerfile'
                """)

        @Flag(help: "JSON, for scripts.")
        var json = false

        @OptionGroup(title: "Project") var project: ProjectFlags
        @OptionGroup(title: "Output") var log: LogFlags

        func run() async throws {
            let explanation = ConfigExplanation(try OpenedProject.open(project).project)
            if json { return Output.line(try JSONText.of(explanation)) }
            Output.line(explanation.lines.joined(separator: "\n"))
        }
    }

    struct Graph: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "graph", abstract: "The stages of each image: what they do, and what they are built on.",
            discussion: """
                An image that uses one which is not built yet waits: its Dockerfile can't be read to the end.

                EXAMPLES
                  weft explain graph
                  weft explain graph backend --repo registry.example.com/shop
                """)

        @OptionGroup var flags: ExplainFlags

        func run() async throws {
            let images = try await flags.explain(.stages).map(\.withoutDigests)
            try flags.print(images) { ExplanationText.standard.graph(images) }
        }
    }

    struct Digests: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "digests", abstract: "Every stage's digest with its inputs by name, or what it waits for.",
            discussion: """
                Long inputs are cut; with --json they are whole.

                EXAMPLES
                  weft explain digests backend
                  weft explain digests --json
                """)

        @OptionGroup var flags: ExplainFlags

        func run() async throws {
            let images = try await flags.explain(.stages)
            try flags.print(images) { ExplanationText.standard.digests(images) }
        }
    }

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "plan", abstract: "What a build that starts now would reuse, run and publish.",
            discussion: """
                EXAMPLES
                  weft explain plan
                  weft explain plan backend --repo registry.example.com/shop
                """)

        @OptionGroup var flags: ExplainFlags

        func run() async throws {
            let opened = try OpenedProject.open(flags.project)
            let images = try await flags.explain(.plan, opened).map(\.withoutInputs)
            let sets = opened.project.sets(of: images.map { $0.image == "~" ? "" : $0.image }).map { set in
                set.compactMap { name in images.first { $0.image == (name.isEmpty ? "~" : name) } }
            }
            try flags.print(sets) { ExplanationText.standard.plan(sets) }
        }
    }

    struct Stage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stage",
            abstract: "Why one stage is rebuilt: which of its inputs changed since the last build.",
            discussion: """
                Stages are called as in the log of a build; an image's name alone means the whole image.

                EXAMPLES
                  weft explain backend/RUN3
                  weft explain backend/dockerfile
                  weft explain backend --dev         with uncommitted changes
                """)

        @Argument(
            help: ArgumentHelp("IMAGE/STAGE, or IMAGE.", valueName: "stage"), completion: Completions.images)
        var stage: String

        @Flag(help: "JSON, for scripts.")
        var json = false

        @OptionGroup(title: "Repo") var repo: RepoFlags
        @OptionGroup(title: "Project") var project: ProjectFlags
        @OptionGroup(title: "Output") var log: LogFlags

        func run() async throws {
            let opened = try OpenedProject.open(project)
            let name = try StageName(stage, in: opened.project)
            let explanation = try await withParts(repo) { parts in
                let preview = try await BuildPreview(opened, parts, images: [name.image.name], depth: .stages)
                let images = try await preview.images()
                guard let image = images.first(where: { $0.image.name == name.image.name }) else {
                    throw UsageError("no image \(name.image.displayName)")
                }
                let memory = try BuildMemory(root: parts.store.root, project: opened.project.name)
                return try name.explained(
                    image, memory: memory.read(name.image.name), repo: parts.repoName(opened.project),
                    mask: SecretMask(opened.project.images))
            }
            if json { return Output.line(try JSONText.of(explanation)) }
            Output.line(ExplanationText.standard.rebuild(explanation).joined(separator: "\n"))
        }
    }
}

extension ExplanationText {
    static let standard = ExplanationText(short: WordExcerpt.beginning, pair: WordExcerpt.pair)
}
