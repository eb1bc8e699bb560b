// A project as a command finds it: the repository, the files that count, and the checked configuration.
import Building
import Digests
import FileTrees
import Foundation
import Git
import Images
import Projects
import SystemPackage

struct OpenedProject {
    let project: Project
    let repository: Repository
    let files: ProjectFileSet
    let tree: ProjectTree
    /// What is not in the commit.
    let changes: SeenChanges
    /// The commit that contexts come from.
    let commit: String
    let isDevelopment: Bool

    static let hostPlatform: Platform = {
        #if arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            Platform(os: "linux", architecture: "amd64")
        #endif
    }()

    /// `store`: where a command that has one keeps what it read.
    static func open(_ flags: ProjectFlags, store: RepoFlags? = nil) throws -> OpenedProject {
        let opened = try read(flags, store: store)
        try opened.changes.settle()
        try flags.keepRendered(opened.project)
        return opened
    }

    /// The project, while git may still be looking for what is not committed: the caller settles `changes` before it acts.
    static func read(_ flags: ProjectFlags, store: RepoFlags?) throws -> OpenedProject {
        let environment = ProcessInfo.processInfo.environment
        let directory = FilePath(flags.dir ?? FileManager.default.currentDirectoryPath)
        let repository = try Repository.discover(
            from: directory, workTree: flags.gitWorkTree.map { FilePath($0) })
        // The loose mode reads configuration from the disk; contexts come from the commit all the same, as in werf.
        let isChecked = !flags.dev && !flags.looseGiterminism
        let changes = SeenChanges(repository)
        if isChecked { try changes.ask() }
        let commit =
            try flags.dev
            ? repository.devCommit(ignore: flags.devIgnore, branch: flags.devBranch)
            : repository.commit(repository.head)
        let cache = store.map { TreeCache(folder: NodeParts.hashesFolder(FilePath($0.backendStoragePath))) }
        let committed = try repository.files(of: commit.id, cache: cache)
        let options = try options(flags, repository, environment)
        let facts = CommitFacts(
            hash: commit.id.hex, humanDate: commit.time.human, unixDate: Int(commit.time.seconds))
        let (files, project) = try changes.reading { () throws -> (ProjectFileSet, Project) in
            let files = try Self.files(flags, options, repository, committed, changes)
            let project = try ProjectReader.read(options, files: files, environment: environment, commit: facts)
            return (files, project)
        }
        let tree = ProjectTree.commit(committed, in: repository, changes: isChecked ? changes : nil)
        return OpenedProject(
            project: project, repository: repository, files: files, tree: tree, changes: changes,
            commit: commit.id.hex, isDevelopment: flags.dev)
    }

    private static func options(
        _ flags: ProjectFlags, _ repository: Repository, _ environment: [String: String]
    ) throws -> ProjectOptions {
        var options = ProjectOptions(hostPlatform: hostPlatform)
        let path = ProjectPath(
            currentDirectory: FileManager.default.currentDirectoryPath, workTree: repository.workTree.string,
            project: repository.projectPath)
        options.configPath = try flags.config.map { try path.fromProject($0, flag: "--config") }
        if let folder = flags.configTemplatesDir {
            options.templatesDirectory = try path.fromProject(folder, flag: "--config-templates-dir")
        }
        options.giterminismPath = flags.giterminismConfig
        options.looseGiterminism = flags.looseGiterminism
        options.projectName = flags.projectName
        options.environmentName = flags.env
        options.platforms = flags.platform
        options.forceStaged = ["1", "true", "yes"].contains(environment["WERF_FORCE_STAGED_DOCKERFILE"] ?? "")
        options.homeDirectory = environment["HOME"]
        options.sha256 = { Digests.BlobDigest(of: $0).hex }
        options.projectDirectory = repository.projectDirectory.string
        if flags.debugTemplates { options.debug = { Failure.note($0) } }
        return options
    }

    /// What giterminism allows is itself read from the commit.
    private static func files(
        _ flags: ProjectFlags, _ options: ProjectOptions, _ repository: Repository, _ committed: CommitFiles,
        _ changes: SeenChanges
    ) throws -> ProjectFileSet {
        if flags.looseGiterminism {
            return ProjectFileSet(all: GitProjectFiles(committed, in: repository, giterminism: .loose))
        }
        func files(allowing allows: (@Sendable (String) -> Bool)?) -> GitProjectFiles {
            GitProjectFiles(
                committed, in: repository, giterminism: .strict(allowsUncommitted: allows, isDevelopment: flags.dev),
                changes: changes)
        }
        let rules = try ProjectReader.readGiterminism(options, files(allowing: nil))
        return ProjectFileSet(under: rules) { files(allowing: $0) }
    }
}

/// The same questions under the same rules: nothing to translate.
extension GitProjectFiles: ProjectFiles {}
