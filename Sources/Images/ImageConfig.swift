// The config of an image: platform, what its containers run, and the uncompressed digests of its layers.
package import Digests

package struct ImageConfig: Hashable, Sendable {
    package var platform: Platform
    /// RFC 3339, as written.
    package var created: String?
    package var author = ""
    package var config = ContainerConfig()
    /// Digests of the unpacked layers, from the lowest to the highest.
    package var diffIDs: [BlobDigest] = []
    package var history: [HistoryEntry] = []

    /// Largest config taken, in bytes.
    package static let bytesMax = 8 << 20

    package init(platform: Platform) { self.platform = platform }

    /// Decodes the bytes of a config, Docker's or OCI's: they have the same members. Members that no current client
    /// uses (`container`, `docker_version`, `id`) are dropped.
    package init(_ bytes: [UInt8]) throws(ImageError) {
        let kind = DocumentKind.config
        let written = try kind.decode(WrittenConfig.self, from: bytes, bytesMax: Self.bytesMax)
        guard written.rootfs.type == "layers" else {
            throw kind.refused("its rootfs has the type \(PrintableText.quoted(written.rootfs.type)) and not layers")
        }
        let diffIDs = written.rootfs.diffIDs ?? []
        guard diffIDs.count <= Manifest.layersMax else {
            throw kind.refused("it has \(diffIDs.count) diff ids, and at most \(Manifest.layersMax) are taken")
        }
        platform = Platform(os: written.os, architecture: written.architecture, variant: written.variant)
        created = written.created
        author = written.author ?? ""
        config = written.config ?? ContainerConfig()
        history = (written.history ?? []).map(\.entry)
        for (index, text) in diffIDs.enumerated() {
            self.diffIDs.append(try kind.digest(text, of: "diff id \(index + 1)"))
        }
    }

    /// The same bytes for the same value. `mediaType` is `dockerConfig` or `ociConfig`: only the name differs.
    package func encoded(as mediaType: MediaType = .dockerConfig) -> EncodedDocument {
        var members: [String: CanonicalJSON] = [
            "os": .text(platform.os), "architecture": .text(platform.architecture), "config": config.json,
            "rootfs": .object(["type": .text("layers"), "diff_ids": .texts(diffIDs.map(\.description))]),
        ]
        members.set("variant", platform.variant)
        members.set("created", created)
        members.set("author", author)
        if !history.isEmpty { members["history"] = .array(history.map(\.json)) }
        return EncodedDocument(bytes: CanonicalJSON.object(members).bytes, mediaType: mediaType)
    }
}

/// One line of `docker history`.
package struct HistoryEntry: Hashable, Sendable {
    /// RFC 3339, as written.
    package var created: String?
    package var createdBy = ""
    package var author = ""
    package var comment = ""
    /// True when the step changed no file and has no layer.
    package var isEmptyLayer = false

    package init(created: String? = nil, createdBy: String = "", comment: String = "", isEmptyLayer: Bool = false) {
        self.created = created
        self.createdBy = createdBy
        self.comment = comment
        self.isEmptyLayer = isEmptyLayer
    }

    var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = [:]
        members.set("created", created)
        members.set("created_by", createdBy)
        members.set("author", author)
        members.set("comment", comment)
        members.set("empty_layer", isEmptyLayer)
        return .object(members)
    }
}

private struct WrittenConfig: Decodable {
    let os: String
    let architecture: String
    let variant: String?
    let created: String?
    let author: String?
    let config: ContainerConfig?
    let rootfs: WrittenRootfs
    let history: [WrittenHistory]?
}

private struct WrittenRootfs: Decodable {
    let type: String
    let diffIDs: [String]?

    enum CodingKeys: String, CodingKey {
        case type
        case diffIDs = "diff_ids"
    }
}

private struct WrittenHistory: Decodable {
    let created: String?
    let createdBy: String?
    let author: String?
    let comment: String?
    let isEmptyLayer: Bool?

    enum CodingKeys: String, CodingKey {
        case created, author, comment
        case createdBy = "created_by"
        case isEmptyLayer = "empty_layer"
    }

    var entry: HistoryEntry {
        var entry = HistoryEntry(created: created, createdBy: createdBy ?? "", comment: comment ?? "")
        entry.author = author ?? ""
        entry.isEmptyLayer = isEmptyLayer ?? false
        return entry
    }
}
