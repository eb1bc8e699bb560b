// The parts of this node that commands join: store, registry client, repo, runner, coordinator.
import BlobStore
import Building
import Digests
import FileTrees
import Foundation
import Images
import Ledgers
import Logging
import Mesh
import Projects
import Publishing
import Registry
import Reports
import Sandbox
import Scheduling
import Stages
import SystemPackage

/// Everything that a build on this node needs beside the project.
struct NodeParts {
    let store: Store
    let client: RegistryClient
    let remotes: RemoteFiles
    let flags: RepoFlags
    let threads: BlockingThreads
    let signals: StopSignals
    let logger: Logger
    private let hasFromStage: Bool
    /// Shared by everything that reports.
    let report: @Sendable (BuildEvent) -> Void

    /// Where OCI runtimes keep their state: memory, gone with the host's.
    private static let stateFolder = "/run/weft"

    /// Private to root: it tells of environments.
    static func makeStateFolder() throws {
        try FileManager.default.createDirectory(
            atPath: stateFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    /// Threads that may block on disks at the same time.
    static let blockingThreads = 16

    static let platform = OpenedProject.hostPlatform

    init(_ flags: RepoFlags, report: @escaping @Sendable (BuildEvent) -> Void) throws {
        guard [nil, ":local"].contains(flags.synchronization) else {
            throw UsageError(
                "--synchronization=\(flags.synchronization ?? ""): this version knows :local only; "
                    + "leave the flag (and WERF_SYNCHRONIZATION) away on one host")
        }
        hasFromStage = try Self.isSecondVersion(ProcessInfo.processInfo.environment)
        self.flags = flags
        self.report = report
        signals = StopSignals()
        var logger = Logger(label: "mesh")
        logger.logLevel = .error
        self.logger = logger
        store = try Store(root: FilePath(flags.backendStoragePath)) { report(.detail($0)) }
        client = RegistryClient(Self.configuration(flags))
        remotes = RemoteFiles(store: store, sharing: client)
        threads = BlockingThreads(count: Self.blockingThreads)
        try Self.makeStateFolder()
        try endDead()
    }

    private static func configuration(_ flags: RepoFlags) -> RegistryConfiguration {
        var configuration = registry(dockerConfig: flags.dockerConfig)
        configuration.allowsPlainHTTP = flags.insecureRegistry
        configuration.skipsTLSVerification = flags.skipTlsVerifyRegistry
        configuration.dockerHubMirrors = flags.containerRegistryMirror
        return configuration
    }

    /// - Parameter dockerConfig: folder of Docker's config; nil: that of the user's home.
    static func registry(dockerConfig: String?) -> RegistryConfiguration {
        var logger = Logger(label: "registry")
        logger.logLevel = .error
        var configuration = RegistryConfiguration(now: Self.now, jitter: { Double.random(in: 0..<1) }, logger: logger)
        configuration.userAgent = "weft/" + Weft.version
        let home = ProcessInfo.processInfo.environment["HOME"] ?? "/root"
        let directory = FilePath(dockerConfig ?? home + "/.docker")
        configuration.credentials = DockerCredentials(directory: directory, logger: logger)
        return configuration
    }

    var ownStateRoot: String { stateRoot(of: store.work.path) }

    private func stateRoot(of area: FilePath) -> String { Self.stateRoot(of: area) }

    static func stateRoot(of area: FilePath) -> String {
        stateFolder + "/" + (area.lastComponent?.string ?? "unknown")
    }

    /// What a killed weft left: its containers are ended, its work area goes.
    private func endDead() throws { try Self.endDead(of: store, report) }

    static func endDead(of store: Store, _ report: (BuildEvent) -> Void) throws {
        for area in try store.reapDead() {
            let ended = try Runtime.reap(stateRoot: stateRoot(of: area.path))
            for container in ended { report(.detail("ended the container \(container) of a weft that was killed")) }
            do {
                try area.remove()
            } catch { report(.warning("what a killed weft left can't be removed: \(error)")) }
        }
    }

    var isLocal: Bool { flags.repo == ":local" }

    /// The repo's name as reports and dependencies have it.
    func repoName(_ project: Project) -> String { isLocal ? project.name : flags.repo }

    func repository() throws -> RepositoryName {
        do {
            return try RepositoryName(flags.repo)
        } catch {
            throw UsageError("--repo=\(flags.repo): \(error)")
        }
    }

    private var locks: any PublishLock {
        get throws {
            try FileLocks(home: FilePath(Self.homeDirectory(flags.homeDir, ProcessInfo.processInfo.environment)))
        }
    }

    /// As in werf, WERF_HOME goes before --home-dir (werf.md 0.2).
    static func homeDirectory(_ written: String?, _ environment: [String: String]) -> String {
        if let home = environment["WERF_HOME"], !home.isEmpty { return home }
        return written ?? (environment["HOME"] ?? "/root") + "/.werf"
    }

    /// WERF_STAGED_DOCKERFILE_VERSION: whether a stage has a stage of its own for its base.
    static func isSecondVersion(_ environment: [String: String]) throws -> Bool {
        switch environment["WERF_STAGED_DOCKERFILE_VERSION"] ?? "" {
        case "", "v1": false
        case "v2": true
        case let other: throw UsageError("WERF_STAGED_DOCKERFILE_VERSION=\(other): the versions are v1 and v2")
        }
    }

    /// Unix milliseconds.
    @Sendable static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    func ownStages(_ project: Project) throws -> any OwnStages & PublishedLayers {
        isLocal
            ? LocalImages(store: store, project: project.name)
            : RegistryImages(client: client, repository: try repository(), store: store)
    }

    func supply(_ project: Project, elsewhere: (any LayersElsewhere)? = nil) throws -> LayerSupply {
        LayerSupply(store: store, registry: client, published: try ownStages(project), elsewhere: elsewhere)
    }

    /// - Parameter ledger: the mesh's; nil for this host's own.
    func repo(
        _ opened: OpenedProject, _ supply: LayerSupply, ledger: (any Ledger)? = nil
    ) throws -> any RejectingRepo {
        guard !isLocal else {
            return LocalRepo(
                store: store, project: opened.project.name, locks: try locks, supply: supply,
                platform: Self.platform, now: Self.now, report: report)
        }
        let isAlone = flags.synchronization != nil
        let place = RegistryRepo.Place(
            client: client, repository: try repository(), name: flags.repo, project: opened.project.name, store: store,
            isSharedUnknown: !isAlone && ledger == nil)
        if place.isSharedUnknown {
            report(
                .detail(
                    "locks of \(flags.repo) are held on this host only: where other hosts publish to it, an older "
                        + "stage of theirs is adopted; --synchronization=:local says that there are none"))
        }
        let meta = opened.project.meta
        let keepsCommits = !opened.isDevelopment && !meta.gitHistoryBasedCleanupDisabled && !opened.commit.isEmpty
        return RegistryRepo(
            place, locks: try locks,
            ledger: try ledger ?? FileLedger(root: store.root, repo: RepoID(name: place.repository.description)),
            supply: supply, platform: Self.platform,
            cleanup: meta.cleanupDisabled ? nil : CleanupTags(commit: keepsCommits ? opened.commit : nil),
            now: Self.now, nonce: { UUID().uuidString.lowercased() }, report: report)
    }

    /// Everything that reads the project for a build of `images`.
    func source(_ opened: OpenedProject, _ table: ImageTable) throws -> ProjectSource {
        let bases = BaseImages(
            registry: client, own: try ownStages(opened.project), platform: Self.platform)
        return ProjectSource(
            images: table, bases: bases, remotes: remotes, platform: Self.platform, hasFromStage: hasFromStage)
    }

    /// Where names of contents that were computed before are kept.
    static func hashesFolder(_ store: FilePath) -> FilePath { store.appending("hashes") }

    func table(_ opened: OpenedProject, _ images: [DockerfileImage]) throws -> ImageTable {
        let folder = Self.hashesFolder(store.root)
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        let hashes = try BlobHashes(cacheDirectory: folder)
        let hasher = TreeHasher(
            threadCount: ProcessInfo.processInfo.activeProcessorCount, index: FileIndex(cacheDirectory: folder))
        return ImageTable(
            images: images, tree: opened.tree, files: opened.files, hashes: hashes, hasher: hasher,
            environment: ProcessInfo.processInfo.environment)
    }

    func runner(_ table: ImageTable, _ supply: LayerSupply) -> NodeRunner {
        let preferred = ProcessInfo.processInfo.environment["WEFT_OCI_RUNTIME"]
        let runtimes = RuntimeChoice(preferred: preferred) { [report] in report(.warning($0)) }
        return NodeRunner(
            store: store, supply: supply, runtimes: runtimes, remotes: remotes, inputs: table, threads: threads,
            stateRoot: stateRoot(of: store.work.path))
    }

    func close() async {
        try? await client.shutdown()
        // Nothing of this process runs any more: what the runtime kept of it is empty.
        try? FileManager.default.removeItem(atPath: ownStateRoot)
        try? store.close()
    }
}
