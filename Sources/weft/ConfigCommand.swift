// `weft config`: the configuration as it is read.
import ArgumentParser
import Foundation
import Projects

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show the configuration.",
        discussion: """
            EXAMPLES
              weft config render     werf.yaml after its templates
              weft config list       the images' names
              weft config graph      which depends on which
            """,
        subcommands: [Render.self, List.self, Graph.self])

    struct Render: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "render", abstract: "Print werf.yaml after its templates were executed, and check it.",
            discussion: """
                EXAMPLES
                  weft config render
                  weft config render --env production --dev
                """)

        @OptionGroup(title: "Project") var project: ProjectFlags
        @OptionGroup(title: "Output") var log: LogFlags

        func run() async throws {
            let opened = try OpenedProject.open(project)
            Output.print(opened.project.rendered)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Print the names of the images, a line each.",
            discussion: """
                EXAMPLES
                  weft config list --final-images-only
                """)

        @Flag(help: "Only images that are final.")
        var finalImagesOnly = false

        @OptionGroup(title: "Project") var project: ProjectFlags
        @OptionGroup(title: "Output") var log: LogFlags

        func run() async throws {
            let images = try OpenedProject.open(project).project.images
            for image in images where image.final || !finalImagesOnly { Output.line(image.displayName) }
        }
    }

    struct Graph: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "graph", abstract: "Print which image depends on which, as YAML or JSON.",
            discussion: """
                EXAMPLES
                  weft config graph
                  weft config graph --json
                """)

        @Flag(help: "JSON, for scripts.")
        var json = false

        @OptionGroup(title: "Project") var project: ProjectFlags
        @OptionGroup(title: "Output") var log: LogFlags

        func run() async throws {
            let images = try OpenedProject.open(project).project.images
            let nodes = images.map { image in
                GraphNode(image: image.name, dependsOn: Set(image.dependencies.map(\.image)).sorted())
            }
            if json { return Output.line(try JSONText.of(nodes)) }
            for node in nodes {
                Output.line("- image: " + node.image)
                guard !node.dependsOn.isEmpty else { continue }
                Output.line("  dependsOn:")
                for name in node.dependsOn { Output.line("  - " + name) }
            }
        }
    }

    struct GraphNode: Encodable {
        let image: String
        let dependsOn: [String]
    }
}
