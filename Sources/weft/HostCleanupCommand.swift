// `weft host cleanup`: makes room in the store, the least recently used first.
import ArgumentParser
import BlobStore
import Cleaning
import Reports
import Settings
import SystemPackage

struct HostCleanupCommand: AsyncParsableCommand, EnvironmentCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Free disk space: layers, blobs and steps that were not used for the longest time.",
        discussion: """
            Builds and nodes may run meanwhile: what they use stays, as do images of local repos and what was pushed to \
            this host's registry. Whatever goes is fetched or made again when a build needs it.
            """)

    @Option(help: ArgumentHelp("Directory of layers, blobs and caches.", valueName: "path"), completion: .directory)
    var backendStoragePath = "/var/lib/weft"

    @Option(
        help: ArgumentHelp("Size that the store may have, such as 20GiB (default: any).", valueName: "size"),
        transform: HostSizes.bytes)
    var budget: Int64?

    @Option(
        help: ArgumentHelp("Space that stays free on the store's file system.", valueName: "size"),
        transform: HostSizes.bytes)
    var reserve: Int64 = HostSizes.reserve

    @Option(
        help: ArgumentHelp(
            "Take what was not used for so long even where there is room, such as 7d.", valueName: "time"),
        transform: HostSizes.seconds)
    var olderThan: Int64?

    @Flag(help: "Take caches of RUN --mount=type=cache, too.")
    var caches = false

    @Flag(help: "Take images of local repos, too.")
    var images = false

    @Flag(help: "Only say what would go.")
    var dryRun = false

    @Flag(help: "JSON, for scripts.")
    var json = false

    static let environment: [EnvironmentFlag] = [EnvironmentFlag("--backend-storage-path", .text)]

    func run() async throws {
        var request = CleaningRequest(budget: budget, reserve: reserve, ageMax: olderThan, isDryRun: dryRun)
        if caches { request.kinds.insert(.cache) }
        if images { request.kinds.insert(.image) }
        let cleaning = try StoreCleaning(existing: FilePath(backendStoragePath), isDryRun: dryRun) { Failure.note($0) }
        defer { cleaning.close() }
        guard let report = try cleaning.clean(request) else {
            throw UsageError("another process cleans \(backendStoragePath) at this moment: try again when it has ended")
        }
        Output.line(
            json ? try JSONText.of(CleaningRow(report, isDryRun: dryRun)) : CleaningText.of(report, isDryRun: dryRun))
    }
}

enum HostSizes {
    /// As a node's `capacity.reserve`.
    static let reserve: Int64 = 5 << 30

    @Sendable static func bytes(_ text: String) throws -> Int64 {
        guard let size = ByteSize(text) else {
            throw ValidationError("\"\(text)\" is no size: a whole number and a unit, such as 20GiB")
        }
        return Int64(size.bytes)
    }

    @Sendable static func seconds(_ text: String) throws -> Int64 {
        guard let span = TimeSpan(text) else {
            throw ValidationError("\"\(text)\" is no time: a whole number and a unit, such as 7d or 12h")
        }
        return span.duration.components.seconds
    }
}
