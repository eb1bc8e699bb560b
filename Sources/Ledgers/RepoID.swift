// Which repo a record is about, the same for everybody whatever they call it.
import Digests

/// 32 hexadecimal digits, of the repo's name: the id from a config, or its canonical lower-case host:port/path.
package struct RepoID: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(name: String) { text = String(BlobDigest(of: Array(name.utf8)).hex.prefix(32)) }

    package var description: String { text }
}
