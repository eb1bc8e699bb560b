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
        metadataPrefix + JoinedHash.murmur([name]) + "_" + commit + "_" + stage.description
    }

    private static func managedImageID(_ name: String) -> String {
        guard !name.isEmpty else { return "__nameless__" }
        var id = ""
        for character in name {
            switch character {
            case " ": id += "__space__"
            case "/": id += "__slash__"
            case "+": id += "__plus__"
            default: id.append(character)
            }
        }
        return Slug.isTag(managedImagePrefix + id) ? id : Slug.tag(id, limit: Slug.tagLengthMax)
    }
}
