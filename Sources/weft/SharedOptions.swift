// Flags that several commands share; names, defaults and environment forms are werf's.
import ArgumentParser
import Settings

struct ProjectFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp("Project directory (default: the current one).", valueName: "path"), completion: .directory)
    var dir: String?

    @Option(
        help: ArgumentHelp("Work tree that holds the project (default: found upwards).", valueName: "path"),
        completion: .directory)
    var gitWorkTree: String?

    @Option(
        help: ArgumentHelp("Configuration file (default: the project's werf.yaml).", valueName: "path"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp("Directory of template files (default: the project's .werf).", valueName: "path"),
        completion: .directory)
    var configTemplatesDir: String?

    @Option(help: ArgumentHelp("Where to keep the rendered configuration.", valueName: "path"), completion: .file())
    var configRenderPath: String?

    @Option(
        help: ArgumentHelp("Giterminism configuration, relative to the project.", valueName: "path"),
        completion: .file())
    var giterminismConfig = "werf-giterminism.yaml"

    @Flag(help: "Read configuration and Dockerfiles from disk, and drop giterminism's restrictions.")
    var looseGiterminism = false

    @Flag(help: "Build from the work tree as it is, without a commit of your own.")
    var dev = false

    @Option(help: ArgumentHelp("Branch that keeps the commits of --dev.", valueName: "name"))
    var devBranch = "_werf-dev"

    @Option(help: ArgumentHelp("Pattern of files that --dev leaves out; may be repeated.", valueName: "pattern"))
    var devIgnore: [String] = []

    @Option(help: ArgumentHelp("Name of the environment, `.Env` in templates.", valueName: "name"))
    var env = ""

    @Flag(help: "Show what templates print with printf_debug and its kin.")
    var debugTemplates = false

    @Option(
        help: ArgumentHelp("Platforms to build for; only the host's own works in this version.", valueName: "os/arch"))
    var platform: [String] = []

    /// As in werf, not in the help.
    @Option(
        name: [.long, .customShort("N")],
        help: ArgumentHelp("Name of the project in the place of the configuration's.", visibility: .hidden))
    var projectName: String?

    static let environment: [EnvironmentFlag] = [
        EnvironmentFlag("--dir", .text), EnvironmentFlag("--git-work-tree", .text), EnvironmentFlag("--config", .text),
        EnvironmentFlag("--config-templates-dir", .text), EnvironmentFlag("--config-render-path", .text),
        EnvironmentFlag("--giterminism-config", .text), EnvironmentFlag("--loose-giterminism", .isSet),
        EnvironmentFlag("--dev", .isSet), EnvironmentFlag("--dev-branch", .text),
        EnvironmentFlag("--dev-ignore", .list), EnvironmentFlag("--env", .text),
        EnvironmentFlag("--debug-templates", .isSet), EnvironmentFlag("--project-name", .text),
        EnvironmentFlag("--platform", .text, "WERF_PLATFORM", "DOCKER_DEFAULT_PLATFORM"),
    ]
}

struct RepoFlags: ParsableArguments {
    @Option(help: ArgumentHelp("Where stages are published: a registry's repository, or :local.", valueName: "repo"))
    var repo = ":local"

    @Flag(help: "Use plain HTTP for the registry.")
    var insecureRegistry = false

    @Flag(help: "Do not check the registry's certificate.")
    var skipTlsVerifyRegistry = false

    @Option(help: ArgumentHelp("Mirror of docker.io (https only); may be repeated.", valueName: "address"))
    var containerRegistryMirror: [String] = []

    @Option(
        help: ArgumentHelp("Directory of the docker config with credentials.", valueName: "path"),
        completion: .directory)
    var dockerConfig: String?

    @Option(
        help: ArgumentHelp(
            "Directory of locks shared with werf (default: ~/.werf); WERF_HOME goes first.", valueName: "path"),
        completion: .directory)
    var homeDir: String?

    @Option(help: ArgumentHelp("Directory of layers, blobs and caches.", valueName: "path"), completion: .directory)
    var backendStoragePath = "/var/lib/weft"

    @Option(
        name: [.customLong("synchronization"), .customShort("S")],
        help: ArgumentHelp(
            "Where locks are held; this version knows :local.", valueName: "address"))
    var synchronization: String?

    @Option(
        help: ArgumentHelp(
            "Config of a client of a mesh, whose nodes then build (default: $WEFT_MESH, ~/.weft/mesh.yaml).",
            valueName: "file"), completion: .file())
    var mesh: String?

    static let environment: [EnvironmentFlag] = [
        EnvironmentFlag("--repo", .text), EnvironmentFlag("--insecure-registry", .isSet),
        EnvironmentFlag("--skip-tls-verify-registry", .isSet), EnvironmentFlag("--container-registry-mirror", .list),
        EnvironmentFlag("--docker-config", .text, "WERF_DOCKER_CONFIG", "DOCKER_CONFIG"),
        EnvironmentFlag("--home-dir", .text, "WERF_HOME"), EnvironmentFlag("--backend-storage-path", .text),
        EnvironmentFlag("--synchronization", .text),
    ]
}

struct LogFlags: ParsableArguments {
    @Flag(help: "Only errors.")
    var logQuiet = false

    @Flag(help: "More about what is decided.")
    var logVerbose = false

    @Flag(help: "Everything, for reports of faults.")
    var logDebug = false

    @Option(help: ArgumentHelp("Colours: auto, on or off.", valueName: "mode"), completion: Completions.colourModes)
    var logColorMode = "auto"

    @Flag(inversion: .prefixedNo, help: "Blocks and borders; without, plain lines.")
    var logPretty = true

    @Option(help: ArgumentHelp("Width of lines (default: the terminal's, or 140).", valueName: "columns"))
    var logTerminalWidth: Int?

    @Flag(help: "The time in front of every line.")
    var logTime = false

    static let environment: [EnvironmentFlag] = [
        EnvironmentFlag("--log-quiet", .isSet),
        EnvironmentFlag("--log-verbose", .isSet, "WERF_LOG_VERBOSE", "WERF_VERBOSE"),
        EnvironmentFlag("--log-debug", .isSet, "WERF_LOG_DEBUG", "WERF_DEBUG"),
        EnvironmentFlag("--log-color-mode", .text), EnvironmentFlag("--log-pretty", .isNotCleared),
        EnvironmentFlag("--log-terminal-width", .text), EnvironmentFlag("--log-time", .isSet),
    ]
}

struct BuildFlags: ParsableArguments {
    @Flag(name: [.long, .customShort("p")], inversion: .prefixedNo, help: "Build independent stages at the same time.")
    var parallel = true

    @Option(help: ArgumentHelp("Stages at once on one node; -1: no limit.", valueName: "number"))
    var parallelTasksLimit = 5

    @Flag(help: "After a failure go on with everything that does not depend on what failed.")
    var keepGoing = false

    @Flag(help: "Write a report of what was built.")
    var saveBuildReport = false

    @Option(
        help: ArgumentHelp("The report's file: .json, .env, or no extension for .json.", valueName: "path"),
        completion: .file())
    var buildReportPath = ".werf-build-report.json"

    @Flag(
        name: [.long, .customLong("require-built-images"), .customShort("Z")],
        help: "Build nothing: fail when something is missing.")
    var checkBuiltImages = false

    @Flag(help: "Only images that are final.")
    var finalImagesOnly = false

    @Option(
        help: ArgumentHelp(
            "How long publishing waits while the mesh's ledger can't be asked: 30s, 5m, 1h.", valueName: "time"))
    var publishTimeout = "5m"

    func publishPatience() throws -> Duration {
        guard let span = TimeSpan(publishTimeout) else {
            throw UsageError("--publish-timeout=\(publishTimeout): a time has a unit, as in 30s, 5m or 1h")
        }
        return span.duration
    }

    static let environment: [EnvironmentFlag] = [
        EnvironmentFlag("--parallel", .isNotCleared), EnvironmentFlag("--parallel-tasks-limit", .text),
        EnvironmentFlag("--keep-going", .isSet), EnvironmentFlag("--publish-timeout", .text),
        EnvironmentFlag("--save-build-report", .isSet), EnvironmentFlag("--build-report-path", .text),
        EnvironmentFlag("--check-built-images", .isSet, "WERF_CHECK_BUILT_IMAGES", "WERF_REQUIRE_BUILT_IMAGES"),
        EnvironmentFlag("--final-images-only", .isSet),
    ]
}
