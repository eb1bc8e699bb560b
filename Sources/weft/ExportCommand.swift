// `weft export`: copies images to where others use them, without what only builds need.
import ArgumentParser
import Foundation
import Mesh
import Projects
import Publishing
import Reports

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Build images if needed, and copy them to a registry or into files.",
        discussion: """
            Labels that begin with "werf" are left out. With several images the name must tell them apart: \
            %image%, %image_slug%, %image_safe_slug% and %image_content_based_tag% stand for words of the image.

            EXAMPLES
              weft export backend --tag registry.example.com/shop/backend:1.2
              weft export --tag registry.example.com/shop:%image_safe_slug%-1.2
              weft export backend --output oci:./backend
              weft export backend worker --output docker-archive:shop.tar
              weft export backend --tag r.example.com/b:1 --add-label team=harbour
            """)

    @Argument(
        help: ArgumentHelp("Images to export, with patterns; all final ones when none is given.", valueName: "image"),
        completion: Completions.images)
    var images: [String] = []

    @Option(help: ArgumentHelp("Name in a registry, with %image% and its kin.", valueName: "repo:tag"))
    var tag: String?

    @Option(
        help: ArgumentHelp(
            "An OCI layout (oci:DIR[:NAME]) or a tar for docker load (docker-archive:FILE[:REF]).",
            valueName: "place"))
    var output: String?

    @Option(help: ArgumentHelp("A label that is added; may be repeated.", valueName: "name=value"))
    var addLabel: [String] = []

    @OptionGroup(title: "Building") var build: BuildFlags
    @OptionGroup(title: "Repo") var repo: RepoFlags
    @OptionGroup(title: "Project") var project: ProjectFlags
    @OptionGroup(title: "Output") var log: LogFlags

    /// Beside those of every building command.
    static let ownEnvironment: [EnvironmentFlag] = [
        EnvironmentFlag("--tag", .text), EnvironmentFlag("--add-label", .list),
    ]

    func run() async throws {
        let target = try ExportTarget(tag: tag, output: output)
        let labels = try Self.labels(addLabel)
        let reportPath = try build.saveBuildReport ? BuildReportPath(build.buildReportPath) : nil
        let console = try Console(log)
        let opened = try OpenedProject.open(project, store: repo)
        let names = try opened.project.select(images, finalOnly: images.isEmpty || build.finalImagesOnly).chosen
        guard !names.isEmpty else { throw UsageError("no image of \(opened.project.configPath) is final") }
        try target.check(names, project: opened.project.name)
        let parts = try NodeParts(repo) { console.show($0) }
        do {
            let outcome = try await BuildSession(opened: opened, parts: parts, flags: build).build(names)
            if let failure = BuildCommand.failure(of: outcome) { throw UsageError(failure) }
            let job = try job(names, outcome, labels, to: target, opened, parts)
            try await job.run(until: parts.signals)
            console.end()
            await parts.close()
            if let reportPath { try ReportFile.write(outcome.records, to: reportPath) }
            if !log.logQuiet { for line in job.summary { Output.line(line) } }
        } catch {
            console.end(failure: error is CancellationError ? "stopped by the user" : "\(error)")
            await parts.close()
            throw ExitCode(1)
        }
    }

    static func labels(_ texts: [String]) throws -> [String: String] {
        var labels: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw UsageError("--add-label=\(text): a label is NAME=VALUE")
            }
            labels[String(parts[0])] = String(parts[1])
        }
        return labels
    }

    private func job(
        _ names: [String], _ outcome: BuildOutcome, _ labels: [String: String], to target: ExportTarget,
        _ opened: OpenedProject, _ parts: NodeParts
    ) throws -> ExportJob {
        let export = ImageExport(
            store: parts.store, client: parts.client, supply: try parts.supply(opened.project),
            images: try parts.ownStages(opened.project), report: parts.report)
        let items = try names.map { name in
            guard let record = outcome.records.first(where: { $0.name == name }) else {
                throw UsageError("the image \(name) was not built")
            }
            let exported = try target.name(of: name, project: opened.project.name, contentTag: record.facts.tag)
            return ExportJob.Item(image: name.isEmpty ? "~" : name, stage: record.facts.id, name: exported)
        }
        return ExportJob(export: export, target: target, labels: labels, items: items)
    }
}
