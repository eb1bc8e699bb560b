// The members of a manifest that tie it to another one: its subject, and what kind of artifact it is.
package import Digests
import FoundationEssentials
import Images

package struct ManifestLinks: Hashable, Sendable {
    /// The manifest that this one says something of; it need not exist.
    package let subject: BlobDigest?
    package let artifactType: String?
    package let annotations: [String: String]?

    private struct Written: Decodable {
        struct Subject: Decodable {
            let digest: String
        }

        let subject: Subject?
        let artifactType: String?
        let annotations: [String: String]?
    }

    /// `bytes` are a manifest that was taken already, so their bounds are checked.
    init(_ bytes: [UInt8]) throws(ImageError) {
        let written: Written
        do {
            written = try JSONDecoder().decode(Written.self, from: Data(bytes))
        } catch { throw Self.refused("its subject, artifactType or annotations have the wrong form") }
        annotations = written.annotations
        if let type = written.artifactType {
            guard let known = MediaType(type) else { throw Self.refused("its artifactType is no media type") }
            artifactType = known.name
        } else {
            artifactType = nil
        }
        if let text = written.subject?.digest {
            guard let digest = BlobDigest(text) else { throw Self.refused("the digest of its subject is none") }
            subject = digest
        } else {
            subject = nil
        }
    }

    private static func refused(_ reason: String) -> ImageError { .document(kind: "manifest", reason: reason) }
}
