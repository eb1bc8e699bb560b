// werf's slugs: names made fit for a docker tag, with a short hash of what they were (werf.md 7).
import Digests

package enum Slug {
    /// Characters of a docker tag.
    package static let tagLengthMax = 128

    package static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= tagLengthMax else { return false }
        return isWord(first)
            && text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// `name` itself where it is a docker tag; werf's `%image_safe_slug%`.
    package static func tag(_ name: String) -> String {
        name.isEmpty || isTag(name) ? name : hashed(name, limit: tagLengthMax)
    }

    /// `name` itself where it is a slug of at most `limit` bytes; otherwise what is left of it and the hash of the whole.
    package static func limited(_ name: String, limit: Int) -> String {
        name.isEmpty || isSlug(name, limit: limit) ? name : hashed(name, limit: limit)
    }

    /// Lower case; what separates becomes one `-`; other characters go, and `-` at the ends; werf's `%image_slug%`.
    package static func simplified(_ name: String) -> String {
        var slug = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9": slug.unicodeScalars.append(scalar)
            case "A"..."Z": slug += String(scalar).lowercased()
            case _ where "&(){}-_[],.;:=+<>~＿～/ ".unicodeScalars.contains(scalar):
                if !slug.isEmpty, !slug.hasSuffix("-") { slug += "-" }
            default: slug += SlugLetters.plain(scalar) ?? ""
            }
        }
        return slug.hasSuffix("-") ? String(slug.dropLast()) : slug
    }

    /// A slug was cut at a `-` once and has two of them before its hash: such a one is left alone.
    private static func isSlug(_ name: String, limit: Int) -> Bool {
        guard name.utf8.count <= limit else { return false }
        let parts = name.split(separator: "--", omittingEmptySubsequences: false)
        let joined = parts.count == 2 ? parts.joined(separator: "-") : name
        return simplified(joined) == joined
    }

    private static func hashed(_ name: String, limit: Int) -> String {
        let hash = JoinedHash.murmur([name])
        let room = max(0, limit - hash.utf8.count - 1)
        let kept = String(decoding: simplified(name).utf8.prefix(room), as: UTF8.self)
        return kept.isEmpty ? hash : kept + "-" + hash
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }
}
