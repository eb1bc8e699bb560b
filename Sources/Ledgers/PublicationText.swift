// The form of a publication in ledgers: lines of words, then the manifest's bytes. Its state is kept beside it.
package import Digests

/// ```
/// weft-publication 1
/// nonce 6f1c…
/// config sha256:…
/// layer sha256:…            each diff id, the lowest first
/// parent STAGE-ID sha256:…  each
/// commit 9f3e…              each
/// publisher NAME
/// class NAME
/// origin proposal
/// manifest sha256:… BYTES
///
/// {"schemaVersion":2,…
/// ```
extension Publication {
    private static let version = 1
    private static let kind = "weft-publication"

    /// Throws when it is larger than ledgers take.
    package func text() throws(LedgerError) -> [UInt8] {
        try check()
        var lines = ["\(Self.kind) \(Self.version)", "nonce \(nonce)", "config \(image.config)"]
        lines += image.diffIDs.map { "layer \($0)" }
        lines += parents.map { "parent \($0.id) \($0.manifest)" }
        lines += commits.map { "commit \($0)" }
        if !author.name.isEmpty { lines.append("publisher \(author.name)") }
        if !author.class.isEmpty { lines.append("class \(author.class)") }
        lines += ["origin \(origin.rawValue)", "manifest \(manifest) \(image.manifestBytes.count)", "", ""]
        return Array(lines.joined(separator: "\n").utf8) + image.manifestBytes
    }

    private func check() throws(LedgerError) {
        try Self.require(image.manifestBytes.count, PublicationLimits.manifestBytesMax, "bytes of its manifest")
        try Self.require(image.diffIDs.count, PublicationLimits.diffIDsMax, "layers")
        try Self.require(parents.count, PublicationLimits.parentsMax, "parents")
        try Self.require(commits.count, PublicationLimits.commitsMax, "commits")
        for word in [nonce, author.name, author.class] + commits where !Self.isWord(word) && !word.isEmpty {
            throw .refused(
                "\"\(word.prefix(20))\" can't be part of a publication: it is longer than "
                    + "\(PublicationLimits.wordBytesMax) bytes, or has blanks")
        }
        guard !nonce.isEmpty, !commits.contains("") else { throw .refused("a publication has to have a nonce") }
    }

    private static func require(_ count: Int, _ limit: Int, _ what: String) throws(LedgerError) {
        guard count <= limit else {
            throw .refused("a publication has \(count) \(what), and at most \(limit) are taken")
        }
    }

    /// ASCII without blanks and control characters.
    static func isWord(_ word: some StringProtocol) -> Bool {
        !word.isEmpty && word.utf8.count <= PublicationLimits.wordBytesMax
            && word.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Reads what `text` wrote for `id`.
    package init(_ bytes: [UInt8], id: StageID, state: State) throws(LedgerError) {
        var reader = try Reader(bytes, id)
        self = try reader.publication(id, state)
    }

    private struct Reader {
        private let id: StageID
        private var lines: ArraySlice<Substring>
        private let manifestBytes: [UInt8]

        init(_ bytes: [UInt8], _ id: StageID) throws(LedgerError) {
            self.id = id
            guard bytes.count <= PublicationLimits.recordBytesMax else {
                throw Self.unreadable(id, "it has more than \(PublicationLimits.recordBytesMax) bytes")
            }
            guard let end = Self.headEnd(bytes), let head = String(validating: bytes[..<end], as: UTF8.self) else {
                throw Self.unreadable(id, "it has no head")
            }
            lines = head.split(separator: "\n", omittingEmptySubsequences: false)[...]
            manifestBytes = Array(bytes[(end + 2)...])
        }

        /// Where the blank line begins.
        private static func headEnd(_ bytes: [UInt8]) -> Int? {
            let newline = UInt8(ascii: "\n")
            return bytes.indices.dropLast().first { bytes[$0] == newline && bytes[$0 + 1] == newline }
        }

        private static func unreadable(_ id: StageID, _ reason: String) -> LedgerError {
            .unreadable("the publication \(id)", reason)
        }

        mutating func publication(_ id: StageID, _ state: State) throws(LedgerError) -> Publication {
            try checkVersion()
            let nonce = try word("nonce")
            let config = try digest(take("config"))
            var diffIDs: [BlobDigest] = []
            while let text = optional("layer") { diffIDs.append(try digest(text)) }
            var parents: [Parent] = []
            while let text = optional("parent") { parents.append(try parent(text)) }
            var commits: [String] = []
            while let text = optional("commit") { commits.append(try word(text)) }
            let name = try optional("publisher").map(word(_:)) ?? ""
            let `class` = try optional("class").map(word(_:)) ?? ""
            guard let origin = Origin(rawValue: String(try take("origin"))) else { throw damaged }
            let written = try take("manifest").split(separator: " ", maxSplits: 1)
            guard written.count == 2 else { throw damaged }
            let manifest = try digest(written[0])
            let isRight = manifestBytes.isEmpty || BlobDigest(of: manifestBytes) == manifest
            let image = Image(manifest: manifest, manifestBytes: manifestBytes, config: config, diffIDs: diffIDs)
            guard isRight, written[1] == "\(manifestBytes.count)", lines.isEmpty else {
                throw Self.unreadable(id, "its manifest is not the one that it names")
            }
            let publication = Publication(
                id: id, nonce: nonce, image: image, parents: parents, commits: commits,
                author: Author(name: name, class: `class`), origin: origin, state: state)
            try publication.check()
            return publication
        }

        private mutating func checkVersion() throws(LedgerError) {
            let first = lines.popFirst() ?? ""
            guard first != "\(Publication.kind) \(Publication.version)" else { return }
            let words = first.split(separator: " ")
            if words.count == 2, words[0] == Publication.kind, let version = Int(words[1]),
                version > Publication.version
            {
                throw .newer("the publication \(id)", version: version)
            }
            throw damaged
        }

        private var damaged: LedgerError { Self.unreadable(id, "its line \"\(lines.first?.prefix(40) ?? "")\"") }

        private mutating func optional(_ name: String) -> Substring? {
            guard let line = lines.first, line.hasPrefix(name + " ") else { return nil }
            lines.removeFirst()
            return line.dropFirst(name.count + 1)
        }

        private mutating func take(_ name: String) throws(LedgerError) -> Substring {
            guard let text = optional(name) else { throw damaged }
            return text
        }

        private mutating func word(_ name: String) throws(LedgerError) -> String { try word(take(name)) }

        private func word(_ text: Substring) throws(LedgerError) -> String {
            guard Publication.isWord(text) else { throw damaged }
            return String(text)
        }

        private func digest(_ text: Substring) throws(LedgerError) -> BlobDigest {
            guard let digest = BlobDigest(text) else { throw damaged }
            return digest
        }

        private func parent(_ text: Substring) throws(LedgerError) -> Parent {
            let words = text.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let id = StageID(tag: words[0]) else { throw damaged }
            return Parent(id: id, manifest: try digest(words[1]))
        }
    }
}
