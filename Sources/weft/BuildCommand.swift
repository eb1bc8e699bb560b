// `weft build`: builds the images of a project and publishes their stages.
import ArgumentParser
import Foundation
import Mesh
import Reports

struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build images and publish their stages.",
        discussion: """
            Reads werf.yaml and Dockerfiles from the commit, reuses every stage that the repo has under the same \
            digest, builds the others in parallel, and publishes them.

            EXAMPLES
              weft build
              weft build --repo registry.example.com/shop --save-build-report
              weft build backend 'report/*' --parallel-tasks-limit=8
              weft build --dev                  with uncommitted changes
              weft build --check-built-images   only say what is missing
              weft build --keep-going --trace build.json
            """)

    @Argument(
        help: ArgumentHelp("Images to build, with patterns; all when none is given.", valueName: "image"),
        completion: Completions.images)
    var images: [String] = []

    @Option(
        help: ArgumentHelp(
            "Save the build's timeline, for chrome://tracing or ui.perfetto.dev, however it ends.", valueName: "file"),
        completion: .file())
    var trace: String?

    @OptionGroup(title: "Building") var build: BuildFlags
    @OptionGroup(title: "Repo") var repo: RepoFlags
    @OptionGroup(title: "Project") var project: ProjectFlags
    @OptionGroup(title: "Output") var log: LogFlags

    func run() async throws {
        let console = try Console(log)
        let reportPath = try build.saveBuildReport ? BuildReportPath(build.buildReportPath) : nil
        let trace = try trace.map { try TraceFile($0) }
        let opened = try OpenedProject.read(project, store: repo)
        try project.keepRendered(opened.project)
        let parts = try NodeParts(repo) { event in
            trace?.record(event)
            console.show(event)
        }
        let outcome: BuildOutcome
        do {
            outcome = try await BuildSession(opened: opened, parts: parts, flags: build).build(images)
        } catch {
            console.end(failure: "\(error)")
            await parts.close()
            try trace?.write()
            throw ExitCode(1)
        }
        console.end(failure: Self.failure(of: outcome))
        await parts.close()
        try trace?.write()
        Ending.keep(opened, parts, outcome)
        guard Self.failure(of: outcome) == nil else { throw ExitCode(1) }
        if let reportPath { try ReportFile.write(outcome.records, to: reportPath) }
    }

    /// Why a build counts as failed; nil when all was done.
    static func failure(of outcome: BuildOutcome) -> String? {
        if let failure = outcome.failure { return failure }
        guard !outcome.missing.isEmpty else { return nil }
        return "stages required: \(outcome.missing.count) are not in the repo; build them without --check-built-images"
    }
}
