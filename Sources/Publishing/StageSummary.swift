// What a build must know of a stage that it only reuses, kept with the stage's name: its documents are not read then.
import Digests
import Mesh
import Reports
import Stages

/// Drawn from a manifest and its config, which never change under one stage id.
struct StageSummary: Hashable, Sendable {
    let manifestDigest: BlobDigest
    let configDigest: BlobDigest
    /// Unix nanoseconds; nil when the config does not say, or nothing that can be read.
    let createdAt: Int64?
    /// Bytes of the layers as stored.
    let byteCount: Int64
    /// Label `werf-project-repo-commit`; empty without it.
    let commit: String
    /// Label `werf-stage-content-digest`.
    let contentDigest: String?
    /// Layers, lowest first.
    let diffIDs: [BlobDigest]
    /// The boot of the host in which all layers were here when the stage was stored; nil where they need not be.
    var boot: String?

    /// What reports and dependents want to know.
    func published(_ id: StageID, repo: String, isRemote: Bool, added: Int64?) -> PublishedStage {
        let facts = StageFacts(
            id: id, name: repo + ":" + id.description, imageID: configDigest,
            manifestDigest: isRemote ? manifestDigest : nil,
            createdAt: createdAt ?? Timestamp.nanoseconds(milliseconds: id.timestamp), byteCount: byteCount,
            addedByteCount: added, commit: commit)
        return PublishedStage(facts: facts, contentDigest: contentDigest)
    }
}

/// Lines of a word, a blank and a value.
extension StageSummary {
    var text: String {
        var lines = ["manifest \(manifestDigest.hex)", "config \(configDigest.hex)", "bytes \(byteCount)"]
        if let boot { lines.append("boot \(boot)") }
        if let createdAt { lines.append("created \(createdAt)") }
        if !commit.isEmpty { lines.append("commit \(Self.escaped(commit))") }
        if let contentDigest { lines.append("content \(Self.escaped(contentDigest))") }
        return (lines + diffIDs.map { "layer \($0.hex)" }).joined(separator: "\n")
    }

    /// Nil when `text` is not what `text` of a summary gives.
    init?(text: String) {
        var (manifest, config): (BlobDigest?, BlobDigest?)
        var (bytes, created): (Int64?, Int64?)
        var commit = ""
        var (content, boot): (String?, String?)
        var layers: [BlobDigest] = []
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let end = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
            guard end != line.endIndex else { return nil }
            let value = Substring(line[line.index(after: end)...])
            switch Substring(line[..<end]) {
            case "manifest": manifest = BlobDigest(hex: value)
            case "config": config = BlobDigest(hex: value)
            case "bytes": bytes = Int64(value)
            case "boot": boot = String(value)
            case "created": created = Int64(value)
            case "commit": commit = Self.unescaped(value)
            case "content": content = Self.unescaped(value)
            case "layer":
                guard let layer = BlobDigest(hex: value) else { return nil }
                layers.append(layer)
            default: return nil
            }
        }
        guard let manifest, let config, let bytes else { return nil }
        self.init(
            manifestDigest: manifest, configDigest: config, createdAt: created, byteCount: bytes, commit: commit,
            contentDigest: content, diffIDs: layers, boot: boot)
    }

    /// Labels hold anything; a value here holds no line's end. By bytes: CR and LF together are one Character.
    private static func escaped(_ value: String) -> String {
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "%"): bytes += "%25".utf8
            case UInt8(ascii: "\n"): bytes += "%0A".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func unescaped(_ value: Substring) -> String {
        guard value.utf8.contains(UInt8(ascii: "%")) else { return String(value) }
        var bytes: [UInt8] = []
        var rest = value.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            bytes.append(rest.starts(with: "0A".utf8) ? UInt8(ascii: "\n") : byte)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
