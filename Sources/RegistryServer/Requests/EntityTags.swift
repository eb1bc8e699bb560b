// Whether a caller has the bytes already: `If-None-Match` and `If-Range` against the digest (RFC 9110 13.1).
import Digests

enum EntityTags {
    static func text(_ digest: BlobDigest) -> String { "\"\(digest)\"" }

    /// `header`: the value of `If-None-Match`. Weak marks count as strong ones here, as the RFC has it.
    static func areKnown(_ digest: BlobDigest, in header: String?) -> Bool {
        guard let header else { return false }
        return header.split(separator: ",").contains { part in
            var name = part.filter { $0 != " " && $0 != "\t" }
            if name == "*" { return true }
            if name.hasPrefix("W/") { name.removeFirst(2) }
            // Some clients leave the quotes away.
            return name == text(digest) || name == digest.description
        }
    }
}
