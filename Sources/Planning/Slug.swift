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

    /// `name` itself where it is a slug already; otherwise what is left of it and the hash of the whole.
    package static func tag(_ name: String, limit: Int) -> String {
        let slug = simplified(name)
        if slug == name, slug.utf8.count <= limit { return slug }
        let hash = JoinedHash.murmur([name])
        let room = max(0, limit - hash.utf8.count - 1)
        let kept = String(decoding: slug.utf8.prefix(room), as: UTF8.self)
        return kept.isEmpty ? hash : kept + "-" + hash
    }

    /// Lower case; what is no letter or digit becomes one `-`; none at the ends.
    private static func simplified(_ name: String) -> String {
        var slug: [UInt8] = []
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9": slug.append(UInt8(ascii: scalar))
            case "A"..."Z": slug.append(UInt8(ascii: scalar) + 32)
            case "_", "-", ".", "/", " ", "+": if slug.last != UInt8(ascii: "-") { slug.append(UInt8(ascii: "-")) }
            default: continue
            }
        }
        while slug.last == UInt8(ascii: "-") { slug.removeLast() }
        return String(decoding: slug.drop { $0 == UInt8(ascii: "-") }, as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }
}
