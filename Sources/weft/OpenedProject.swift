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
    let files: any ProjectFiles & Sendable
    let tree: ProjectTree
    /// The commit that the files come from; empty in the loose mode.
    let commit: String
    let isDevelopment: Bool

    static let hostPlatform: Platform = {
        #if arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            Platform(os: "linux", architecture: "amd64")
        #endif
    }()

    static func open(_ flags: ProjectFlags) throws -> OpenedProject {
        let environment = ProcessInfo.processInfo.environment
        let directory = FilePath(flags.dir ?? FileManager.default.currentDirectoryPath)
        let repository = try Repository.discover(
            from: directory, workTree: flags.gitWorkTree.map { FilePath($0) })
        let commit =
            try flags.dev
            ? repository.devCommit(ignore: flags.devIgnore, branch: flags.devBranch)
            : repository.commit(repository.head)
        let committed = try repository.files(of: commit.id)
        let options = options(flags, repository, environment)
        let changes = SeenChanges(repository)
        let files = try files(flags, options, repository, committed, changes)
        let facts = CommitFacts(
            hash: commit.id.hex, humanDate: commit.time.human, unixDate: Int(commit.time.seconds))
        let project = try ProjectReader.read(options, files: files, environment: environment, commit: facts)
        try flags.keepRendered(project)
        let tree =
            try flags.looseGiterminism
            ? ProjectTree.workTree(of: repository)
            : ProjectTree.commit(committed, in: repository, changes: flags.dev ? nil : changes)
        return OpenedProject(
            project: project, repository: repository, files: files, tree: tree, commit: commit.id.hex,
            isDevelopment: flags.dev)
    }

    private static func options(
        _ flags: ProjectFlags, _ repository: Repository, _ environment: [String: String]
    ) -> ProjectOptions {
        var options = ProjectOptions(hostPlatform: hostPlatform)
        options.configPath = flags.config
        options.templatesDirectory = flags.configTemplatesDir
        options.giterminismPath = flags.giterminismConfig
        options.looseGiterminism = flags.looseGiterminism
        options.projectName = environment["WERF_PROJECT_NAME"]
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
    ) throws -> any ProjectFiles & Sendable {
        if flags.looseGiterminism {
            return GitProjectFiles(committed, in: repository, giterminism: .loose)
        }
        let strict = GitProjectFiles(
            committed, in: repository, giterminism: .strict(allowsUncommitted: nil, isDevelopment: flags.dev),
            changes: changes)
        let rules = try ProjectReader.readGiterminism(options, strict)
        let configs: Set<String> = [flags.config ?? "werf.yaml", "werf.yml"]
        let templates = flags.configTemplatesDir + "/"
        let allows: @Sendable (String) -> Bool = { path in
            (configs.contains(path) && rules.allowsUncommittedConfig)
                || (path.hasPrefix(templates) && rules.allowsUncommittedTemplate(path))
                || rules.allowsUncommittedTemplateFile(path) || rules.allowsUncommittedDockerfile(path)
                || rules.allowsUncommittedIgnoreFile(path)
        }
        return GitProjectFiles(
            committed, in: repository, giterminism: .strict(allowsUncommitted: allows, isDevelopment: flags.dev),
            changes: changes)
    }
}

/// The same questions under the same rules: nothing to translate.
extension GitProjectFiles: ProjectFiles {}
