// `weft stage`: names of published stages.
import ArgumentParser
import Foundation
import Mesh
import Projects
import Reports

struct StageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stage", abstract: "Ask for stages.",
        discussion: """
            EXAMPLES
              weft stage image backend
            """,
        subcommands: [Image.self])

    struct Image: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "image",
            abstract: "Print the name under which an image is published, REPO:DIGEST-TIMESTAMP.",
            discussion: """
                EXAMPLES
                  weft stage image backend --repo registry.example.com/shop
                """)

        @Argument(help: "Name of the image; may be left away when there is only one.", completion: Completions.images)
        var image: String?

        @OptionGroup(title: "Repo") var repo: RepoFlags
        @OptionGroup(title: "Project") var project: ProjectFlags
        @OptionGroup(title: "Output") var log: LogFlags

        func run() async throws {
            let opened = try OpenedProject.open(project)
            let names = opened.project.images.map(\.name)
            guard let name = image ?? (names.count == 1 ? names.first : nil) else {
                throw UsageError("say which image: \(names.joined(separator: ", "))")
            }
            let record = try await BuiltImage.find(name, opened, repo)
            Output.line(record.facts.name)
        }
    }
}
