// Names of images as users write them: `[host[:port]/]path[:tag][@sha256:…]`.
package import Digests

/// A name of an image. Two references are equal when their normal forms are.
package struct ImageReference: Sendable, CustomStringConvertible {
    /// As the user wrote it.
    package let text: String
    package let repository: RepositoryName
    package let tag: String?
    package let digest: BlobDigest?

    /// Longest reference taken, in bytes: name, tag and digest at their longest.
    package static let bytesMax = RepositoryName.bytesMax + 1 + tagBytesMax + 1 + 71
    /// Longest tag, in bytes (the distribution specification's grammar).
    package static let tagBytesMax = 128

    /// Follows the grammar of the distribution project's `reference` package. `scratch` is no image.
    package init(_ text: String) throws(ImageError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw .reference(text: text, reason: "it is longer than \(Self.bytesMax) bytes")
        }
        let (named, digest) = try Self.cutDigest(text)
        let (name, tag) = try Self.cutTag(named, of: text)
        guard digest != nil || tag != nil || !Hexadecimal.isText(name, count: 64) else {
            throw .reference(text: text, reason: "64 hexadecimal digits are an image id, not a name")
        }
        let repository = try RepositoryName(String(name), within: text)
        guard repository != RepositoryName.scratch else {
            throw .reference(text: text, reason: "scratch is the empty base and can't be fetched")
        }
        self.init(text: text, repository: repository, tag: tag, digest: digest)
    }

    /// A reference made of checked parts; nil when `tag` isn't a tag.
    package init?(_ repository: RepositoryName, tag: String?, digest: BlobDigest? = nil) {
        if let tag, !Self.isTag(tag) { return nil }
        let text = Self.joined(repository, tag, digest)
        self.init(text: text, repository: repository, tag: tag, digest: digest)
    }

    private init(text: String, repository: RepositoryName, tag: String?, digest: BlobDigest?) {
        (self.text, self.repository, self.tag, self.digest) = (text, repository, tag, digest)
    }

    /// Host, whole path, and `:latest` where neither tag nor digest is given.
    package var normal: String { Self.joined(repository, tag ?? (digest == nil ? "latest" : nil), digest) }

    /// What to ask the registry for: the digest when there is one, else the tag, else `latest`.
    package var target: String { digest?.description ?? tag ?? "latest" }

    package var description: String { normal }

    private static func joined(_ repository: RepositoryName, _ tag: String?, _ digest: BlobDigest?) -> String {
        repository.description + (tag.map { ":" + $0 } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`
    package static func isTag(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= tagBytesMax, first != 0x2E, first != 0x2D else {
            return false
        }
        return text.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D }
    }

    private static func cutDigest(_ text: String) throws(ImageError) -> (Substring, BlobDigest?) {
        guard let at = text.firstIndex(of: "@") else { return (text[...], nil) }
        guard let digest = BlobDigest(text[text.index(after: at)...]) else {
            throw .reference(text: text, reason: "after @ there must be sha256: and 64 lower-case hexadecimal digits")
        }
        return (text[..<at], digest)
    }

    /// A colon before the last slash belongs to the port.
    private static func cutTag(_ named: Substring, of text: String) throws(ImageError) -> (Substring, String?) {
        let lastName = named.lastIndex(of: "/").map { named.index(after: $0) } ?? named.startIndex
        guard let colon = named[lastName...].firstIndex(of: ":") else { return (named, nil) }
        let tag = named[named.index(after: colon)...]
        guard isTag(tag) else {
            throw .reference(
                text: text,
                reason: "a tag is 1 to \(tagBytesMax) letters, digits, underscores, dots and dashes, "
                    + "and begins with none of the last two")
        }
        return (named[..<colon], String(tag))
    }
}

extension ImageReference: Hashable {
    package static func == (left: ImageReference, right: ImageReference) -> Bool { left.normal == right.normal }

    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(normal) }
}

enum ASCII {
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLower(byte) || isUpper(byte) }
}
