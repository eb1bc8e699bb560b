// What a manifest is asked for by: a tag, or the digest of its bytes.
package import Digests
import Images

package enum ManifestReference: Hashable, Sendable, CustomStringConvertible {
    case tag(String)
    case digest(BlobDigest)

    /// Nil when it is neither.
    package init?(_ text: some StringProtocol) {
        if let digest = BlobDigest(text) {
            self = .digest(digest)
        } else if ImageReference.isTag(text) {
            self = .tag(String(text))
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .tag(let tag): tag
        case .digest(let digest): digest.description
        }
    }
}
