// `weft digest`: hashes of files and folders on disk.
import ArgumentParser
import FileTrees
import Foundation
import SystemPackage

struct DigestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "Hash files and folders on disk.",
        discussion: """
            Of a file its SHA-256, as sha256sum prints it; of a folder Go's directory hash (h1:…), by which a staged \
            COPY of that folder goes when its files are those of the commit. Below a folder links are not followed: a \
            link to a file inside counts with that file's content, any other with its target.

            What was hashed is remembered in ~/.cache/weft by device, inode, size, times and mode, so that what did \
            not change is not read again.

            EXAMPLES
              weft digest app.tar                   like sha256sum
              weft digest src                       one hash of a folder
              weft digest --files src > SUMS        a line for each file below
              sha256sum --check SUMS                the same, compared
              weft digest --json src app.tar        for scripts
            """)

    @Argument(help: ArgumentHelp("Files and folders.", valueName: "path"), completion: .file())
    var paths: [String]

    @Flag(help: "A line for each file below a folder, for sha256sum --check.")
    var files = false

    @Flag(help: "JSON, for scripts.")
    var json = false

    @Option(help: ArgumentHelp("Threads (default: one for each usable core).", valueName: "number"))
    var threads: Int?

    @Flag(help: "Read everything, and remember nothing.")
    var noIndex = false

    static let threadsMax = 256

    func validate() throws {
        guard let threads, !(1...Self.threadsMax).contains(threads) else { return }
        throw ValidationError("--threads=\(threads): from 1 to \(Self.threadsMax)")
    }

    func run() throws {
        let progress = HashProgress()
        let meter = ProgressMeter(progress)
        defer { meter.end() }
        let hasher = TreeHasher(
            threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount, index: noIndex ? nil : Self.index(),
            progress: progress)
        var report = DigestReport(isListing: files, isJSON: json)
        var isFailed = false
        let named = RawArguments.bytes(of: paths)
        for (path, result) in zip(named, hasher.files(named)) {
            do {
                switch try result.get() {
                case .file(let digest, let byteCount): try report.add(path, digest, byteCount)
                case .folder:
                    let tree = try hasher.tree(Self.filePath(path))
                    try meter.whileHidden { try report.add(path, tree) }
                }
            } catch let error as FileTreeError {
                isFailed = true
                meter.whileHidden { Failure.print("\(error)") }
            }
        }
        meter.end()
        try report.finish()
        if isFailed { throw ExitCode(1) }
    }

    static func filePath(_ bytes: PathBytes) -> FilePath {
        let text = (bytes + [0]).map { CChar(bitPattern: $0) }
        return FilePath(platformString: text)
    }

    /// Nil when there is no folder for it: then everything is read.
    private static func index() -> FileIndex? {
        guard let folder = cacheFolder(ProcessInfo.processInfo.environment) else { return nil }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            return nil
        }
        return FileIndex(cacheDirectory: FilePath(folder))
    }

    /// By the XDG base directory specification: a relative path does not count.
    static func cacheFolder(_ environment: [String: String]) -> String? {
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return cache + "/weft" }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.cache/weft"
    }
}
