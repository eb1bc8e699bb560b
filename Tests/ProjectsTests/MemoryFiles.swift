// A project that lives in a dictionary; and short ways to read it.
import Images
import Projects

struct MemoryFiles: ProjectFiles {
    var contents: [String: [UInt8]]
    /// Paths whose reading is forbidden, with the reason.
    var forbidden: [String: String] = [:]

    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    init(_ texts: [String: String]) {
        contents = texts.mapValues { Array($0.utf8) }
    }

    func read(_ path: String) throws -> [UInt8]? {
        if let reason = forbidden[path] { throw Refusal(description: reason) }
        return contents[path]
    }

    func exists(_ path: String) -> Bool { contents[path] != nil || isDirectory(path) }
    func isAnywhere(_ path: String) -> Bool { contents[path] != nil }
    func isDirectory(_ path: String) -> Bool { contents.keys.contains { $0.hasPrefix(path + "/") } }

    func glob(_ pattern: String) -> [String] {
        guard let glob = PathPattern(pattern) else { return [] }
        return contents.keys.filter(glob.matches).sorted()
    }

    func list(under folder: String) -> [String] {
        contents.keys.filter { $0.hasPrefix(folder + "/") }.sorted()
    }
}

let host = Platform(os: "linux", architecture: "amd64")

let commit = CommitFacts(
    hash: "8b15a3b865499280c18c1bffda98ed1726aeb788", humanDate: "2026-11-21 01:30:00 +0000 UTC",
    unixDate: 1_795_224_600)

/// A meta section of three lines: what follows begins on line 4.
let meta = "configVersion: 1\nproject: shop\n---\n"

func read(
    _ config: String, _ files: [String: String] = [:], environment: [String: String] = [:],
    options change: (inout ProjectOptions) -> Void = { _ in }
) throws(ConfigError) -> Project {
    var options = ProjectOptions(hostPlatform: host)
    change(&options)
    var all = files
    all["werf.yaml"] = config
    let set = ProjectFileSet(all: MemoryFiles(all))
    return try ProjectReader.read(options, files: set, environment: environment, commit: commit)
}

/// The one image of a file with a meta section before it.
func readImage(
    _ section: String, _ files: [String: String] = [:], options change: (inout ProjectOptions) -> Void = { _ in }
) throws(ConfigError) -> DockerfileImage? {
    try read(meta + section, files, options: change).images.first
}

func problem(
    _ config: String, _ files: [String: String] = [:], environment: [String: String] = [:],
    options change: (inout ProjectOptions) -> Void = { _ in }
) -> String {
    do throws(ConfigError) {
        return "no error: \(try read(config, files, environment: environment, options: change))"
    } catch {
        return "\(error)"
    }
}
