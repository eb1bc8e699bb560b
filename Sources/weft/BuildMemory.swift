// The inputs of every digest of the last build, a file per image: `weft explain` compares with them.
import BlobStore
import Digests
import Foundation
import Naming
import Planning
import Stages
import SystemPackage

/// What a build knew of one image's stages. A file that can't be read counts as none.
struct ImageMemory: Codable, Equatable {
    struct Stage: Codable, Equatable {
        let stage: String
        /// The instruction; empty for the whole of an unstaged image.
        let text: String
        let digest: String
        let inputs: [Input]
    }

    struct Input: Codable, Equatable {
        let label: String
        let words: [String]
    }

    /// Of this form; another one is not read.
    var version = Self.currentVersion
    let image: String
    let commit: String
    let stages: [Stage]

    static let currentVersion = 1

    init(image: String, commit: String, stages: [Stage]) {
        self.image = image
        self.commit = commit
        self.stages = stages
    }

    init(image: String, commit: String, named: NamedImage, wholeTitle: String) {
        var stages = named.whole.map { [Stage(wholeTitle, text: "", $0)] } ?? []
        for (number, title) in named.titles.enumerated() {
            guard let stage = named.lowered?.stages[number], stage.publicity != .base,
                let inputs = named.inputs(number)
            else { continue }
            stages.append(Stage(title, text: stage.title.text, inputs))
        }
        self.init(image: image, commit: commit, stages: stages)
    }

    /// Whether single instructions are known, and not only the whole.
    var hasInstructions: Bool { stages.contains { !$0.text.isEmpty } }

    /// The stage that an instruction was then. Numbers move when instructions come and go: the same text counts
    /// first, and a stage of the same name only when its own text is gone. `present` are the texts of now.
    func stage(_ title: String, text: String, present: Set<String>) -> Stage? {
        let named = stages.first { $0.stage == title }
        if let named, named.text == text { return named }
        return stages.first { $0.text == text } ?? named.flatMap { present.contains($0.text) ? nil : $0 }
    }

    /// Whether it says at least as much: a build that finds a whole image does not look at its steps.
    func covers(_ other: ImageMemory) -> Bool {
        let known = Set(stages.map { $0.stage + " " + $0.digest })
        return other.stages.allSatisfy { known.contains($0.stage + " " + $0.digest) }
    }
}

extension ImageMemory.Stage {
    init(_ title: String, text: String, _ inputs: DigestInputs) {
        let words = inputs.bounded.inputs.map { ImageMemory.Input(label: $0.label, words: $0.words) }
        self.init(stage: title, text: text, digest: inputs.digest.hex, inputs: words)
    }

    /// Nil when the file has something else for a digest.
    var digestInputs: DigestInputs? {
        StageDigest(digest).map { digest in
            DigestInputs(digest: digest, inputs: inputs.map { DigestInput($0.label, $0.words) })
        }
    }
}

struct BuildMemory {
    private let folder: FilePath

    /// Bytes of one image's file: thousands of stages with long commands.
    private static let fileBytesMax = 16 << 20

    /// Inputs may hold build arguments: only the owner of the store reads them.
    init(root: FilePath, project: String) throws {
        folder = root.appending("explain").appending(Slug.tag(project))
        try FileManager.default.createDirectory(
            atPath: folder.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Names of images have slashes, and may be longer than names of files.
    private func path(_ image: String) -> FilePath {
        folder.appending(String(BlobDigest(of: Array(image.utf8)).hex.prefix(32)) + ".json")
    }

    func read(_ image: String) -> ImageMemory? {
        let url = URL(fileURLWithPath: path(image).string)
        guard let size = try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize, size <= Self.fileBytesMax,
            let data = try? Data(contentsOf: url), let memory = try? JSONDecoder().decode(ImageMemory.self, from: data),
            memory.version == ImageMemory.currentVersion, memory.image == image
        else { return nil }
        return memory
    }

    private var digestsURL: URL { URL(fileURLWithPath: folder.appending("digests").string) }

    /// The last digest of each image whose inputs were written: of one that has it still, nothing is to be read.
    func digests() -> [String: String] {
        guard let data = try? Data(contentsOf: digestsURL), data.count <= Self.fileBytesMax else { return [:] }
        var digests: [String: String] = [:]
        for line in String(decoding: data, as: UTF8.self).utf8.split(separator: UInt8(ascii: "\n")) {
            guard let blank = line.firstIndex(of: UInt8(ascii: " ")) else { continue }
            digests[String(Substring(line[line.index(after: blank)...]))] = String(Substring(line[..<blank]))
        }
        return digests
    }

    /// Called after the files that it tells of. Two builds at once may lose lines, which are then written again.
    func write(_ digests: [String: String]) throws {
        let lines = digests.filter { !$0.key.contains("\n") }.sorted { $0.key < $1.key }
            .map { "\($0.value) \($0.key)\n" }
        try Data(lines.joined().utf8).write(to: digestsURL, options: .atomic)
    }

    /// Replaces what was known in one move; nothing is written when it says nothing new.
    func write(_ memory: ImageMemory) throws {
        guard read(memory.image)?.covers(memory) != true else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(memory)
        guard data.count <= Self.fileBytesMax else {
            throw UsageError("the inputs of \(memory.image) have \(data.count) bytes: more than \(Self.fileBytesMax)")
        }
        try data.write(to: URL(fileURLWithPath: path(memory.image).string), options: .atomic)
    }
}
