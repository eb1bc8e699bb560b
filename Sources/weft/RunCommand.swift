// `weft run`: starts a program in an image of the project.
import ArgumentParser
import BlobStore
import Building
import Foundation
import Images
import Mesh
import Projects
import Reports
import Sandbox
import Stages
import SystemPackage

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Build an image if needed, and run a command in it.",
        discussion: """
            Without a command the image's own entrypoint and command run. Changes to files are thrown away. The exit \
            code is the command's.

            EXAMPLES
              weft run backend
              weft run backend -- /bin/sh -c 'ls /app'
            """)

    @Argument(help: ArgumentHelp("The image.", valueName: "image"), completion: Completions.images)
    var image: String

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The command, after --.", valueName: "command"))
    var command: [String] = []

    @OptionGroup(title: "Building") var build: BuildFlags
    @OptionGroup(title: "Repo") var repo: RepoFlags
    @OptionGroup(title: "Project") var project: ProjectFlags
    @OptionGroup(title: "Output") var log: LogFlags

    func run() async throws {
        let console = try Console(log, isResult: false)
        let reportPath = try build.saveBuildReport ? BuildReportPath(build.buildReportPath) : nil
        let opened = try OpenedProject.open(project, store: repo)
        try check(opened.project)
        let parts = try NodeParts(repo) { console.show($0) }
        let outcome: BuildOutcome
        do {
            outcome = try await BuildSession(opened: opened, parts: parts, flags: build).build([image])
        } catch {
            console.end(failure: "\(error)")
            await parts.close()
            throw ExitCode(1)
        }
        console.end(failure: BuildCommand.failure(of: outcome))
        guard outcome.failure == nil, let record = outcome.records.first(where: { $0.name == image }) else {
            await parts.close()
            throw ExitCode(1)
        }
        if let reportPath { try ReportFile.write(outcome.records, to: reportPath) }
        let result: Result<Int32, any Error>
        do {
            result = .success(try await stoppable(record, opened, parts))
        } catch {
            result = .failure(error is CancellationError ? UsageError("stopped by the user") : error)
        }
        await parts.close()
        throw ExitCode(try result.get())
    }

    private func check(_ project: Project) throws {
        guard let config = project.image(named: image) else {
            throw UsageError("there is no image \"\(image)\" in \(project.configPath)")
        }
        guard config.final || !build.finalImagesOnly else {
            throw UsageError("the image \"\(image)\" is not final: run it without --final-images-only")
        }
    }

    /// A signal ends the container, not weft alone.
    private func stoppable(_ record: ImageRecord, _ opened: OpenedProject, _ parts: NodeParts) async throws -> Int32 {
        let running = Task { try await start(record, opened, parts) }
        parts.signals.call { running.cancel() }
        return try await running.value
    }

    private func start(_ record: ImageRecord, _ opened: OpenedProject, _ parts: NodeParts) async throws -> Int32 {
        let content = StageContent(root: .published(record.facts.id))
        let supply = try parts.supply(opened.project)
        guard let base = try await supply.image(of: content) else { return 1 }
        let layers = try await supply.layers(of: content, report: parts.report).diffIDs
        let config = base.config.config
        let arguments = command.isEmpty ? (config.entrypoint ?? []) + (config.command ?? []) : command
        guard !arguments.isEmpty else {
            throw UsageError("the image \(image) has neither ENTRYPOINT nor CMD: give a command after --")
        }
        try HostMounts.prepareForRuntime()
        let runtime = try Runtime.probe(preferred: ProcessInfo.processInfo.environment["WEFT_OCI_RUNTIME"])
        let place = try RunPlace(in: parts.store)
        defer { place.remove() }
        let hold = try parts.store.layers.hold(layers)
        defer { withExtendedLifetime(hold) {} }
        let overlay = Overlay(
            lower: try parts.store.layers.overlayLowerPaths(layers).map(\.string),
            writable: Overlay.Writable(upper: place.upper.string, work: place.work.string))
        return try await withOverlay(overlay, at: place.merged.string) { merged in
            var request = RunRequest(
                rootfs: merged, workDirectory: place.bundle.string, stateRoot: parts.ownStateRoot,
                id: "weft-run-\(ProcessInfo.processInfo.processIdentifier)", arguments: arguments)
            request.environment = config.environment.entries
            request.workingDirectory = config.workingDirectory.isEmpty ? "/" : config.workingDirectory
            request.user = config.user
            return try await runtime.run(request) { kind, bytes in
                let file: FileHandle = if case .error = kind { .standardError } else { .standardOutput }
                file.write(Data(bytes))
            }.exitCode
        }
    }
}
