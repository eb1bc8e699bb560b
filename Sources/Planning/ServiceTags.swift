// Names of the small tags that werf keeps beside stages, so that its cleanup knows our images (werf.md 3.7).
package import Digests

package enum ServiceTags {
    package static let managedImagePrefix = "managed-image-"
    package static let metadataPrefix = "meta-"

    /// The tag that says "this image name is managed": written once per name.
    package static func managedImage(_ name: String) -> String {
        managedImagePrefix + managedImageID(name)
    }

    /// The tag that ties an image at a commit to its last stage.
    package static func metadata(image name: String, commit: String, stage: StageID) -> String {
        metadataPrefix + metadataID(name) + "_" + commit + "_" + stage.description
    }

    private static let nameless = "__nameless__"
    private static let escapes: KeyValuePairs = [" ": "__space__", "/": "__slash__", "+": "__plus__"]

    /// A slug where the name can't be a tag, or none with the prefix in front (werf fails at the latter).
    private static func managedImageID(_ name: String) -> String {
        let id = name.isEmpty ? nameless : escapes.reduce(name) { $0.replacing($1.key, with: $1.value) }
        let room = Slug.tagLengthMax - managedImagePrefix.utf8.count
        return Slug.isTag(id) && id.utf8.count <= room ? id : Slug.limited(id, limit: room)
    }

    /// werf hashes what the id reads as: the name, or its slug where it had to become one.
    private static func metadataID(_ name: String) -> String {
        let id = escapes.reduce(managedImageID(name)) { $0.replacing($1.value, with: $1.key) }
        return JoinedHash.murmur([id == nameless ? "" : id])
    }
}
