// werf.yaml and werf-giterminism.yaml: read to the same project each time; and YAML that templates write and read.
import Images
import Projects

private let options = ProjectOptions(hostPlatform: Platform(os: "linux", architecture: "amd64"))
private let commit = CommitFacts(
    hash: "8b15a3b865499280c18c1bffda98ed1726aeb788", humanDate: "2026-11-21 01:30:00 +0000 UTC",
    unixDate: 1_795_224_600)

func checkProject(_ bytes: [UInt8]) throws(BrokenProperty) {
    try checkConfig(bytes)
    try checkGiterminism(String(decoding: bytes, as: UTF8.self))
    try checkRewriting(bytes)
}

private func read(_ files: [String: [UInt8]]) throws(ConfigError) -> Project {
    let files = ProjectFileSet(all: FilesInMemory(contents: files))
    return try ProjectReader.read(options, files: files, environment: ["RELEASE": "r1"], commit: commit)
}

private func checkConfig(_ bytes: [UInt8]) throws(BrokenProperty) {
    let files = ["werf.yaml": bytes, ".werf/a.tmpl": Array("{{ define \"a\" }}a{{ end }}".utf8)]
    let project: Project
    do throws(ConfigError) {
        project = try read(files)
    } catch {
        return try require(hasPlace(error), "no place: \(error)")
    }
    try require((try? read(files)) == project, "read twice, it is another project")
    let names = project.images.map(\.name)
    try require(Set(names).count == names.count, "two images of one name: \(names)")
    try require(Set(project.sets(of: names).joined()) == Set(names), "the sets are not all images: \(names)")
}

private func checkGiterminism(_ text: String) throws(BrokenProperty) {
    do throws(ConfigError) {
        _ = try Giterminism(text: text, file: "werf-giterminism.yaml").allowsContextAddFile("a/b")
    } catch {
        try require(hasPlace(error), "no place: \(error)")
    }
}

/// What a file says is the same after it was written by a template and read again.
private func checkRewriting(_ bytes: [UInt8]) throws(BrokenProperty) {
    let template = """
        {{ $one := .Files.Get "data" | fromYaml | toYaml }}{{ $two := $one | fromYaml | toYaml }}\
        {{ if ne $one $two }}{{ fail (printf "REWRITTEN %q %q" $one $two) }}{{ end }}
        """
    do throws(ConfigError) {
        _ = try read(["werf.yaml": Array(template.utf8), "data": bytes])
    } catch {
        try require(!"\(error)".contains("REWRITTEN"), "\(error)")
        try require(hasPlace(error), "no place: \(error)")
    }
}

private func hasPlace(_ error: ConfigError) -> Bool {
    !error.problem.isEmpty && !error.file.isEmpty && (error.line ?? 1) >= 1 && (error.column ?? 1) >= 1
}

private struct FilesInMemory: ProjectFiles {
    let contents: [String: [UInt8]]

    func read(_ path: String) -> [UInt8]? { contents[path] }
    func exists(_ path: String) -> Bool { contents[path] != nil || isDirectory(path) }
    func isAnywhere(_ path: String) -> Bool { contents[path] != nil }
    func isDirectory(_ path: String) -> Bool { contents.keys.contains { $0.hasPrefix(path + "/") } }

    func glob(_ pattern: String) -> [String] {
        guard let glob = PathPattern(pattern) else { return [] }
        return contents.keys.filter(glob.matches).sorted()
    }

    func list(under folder: String) -> [String] { contents.keys.filter { $0.hasPrefix(folder + "/") }.sorted() }
}
