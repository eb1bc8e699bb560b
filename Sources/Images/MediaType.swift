// Media types of images, and what each of them says about the bytes that it names.

/// A media type without parameters, lower case.
package struct MediaType: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    /// Longest media type taken, in bytes (RFC 6838 §4.2: two names of at most 127 characters and the slash).
    package static let bytesMax = 255

    private init(known name: String) { self.name = name }

    /// Takes a `Content-Type`: parameters are dropped and letters lowered. Nil when it isn't `type/subtype`.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        let plain = String(text.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }).lowercased()
        let names = plain.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte) }) else {
            return nil
        }
        name = plain
    }

    /// RFC 6838 §4.2.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$&-^_.+".utf8.contains(byte)
        }
    }

    package var description: String { name }

    package static let dockerManifest = MediaType(known: "application/vnd.docker.distribution.manifest.v2+json")
    package static let dockerIndex = MediaType(known: "application/vnd.docker.distribution.manifest.list.v2+json")
    package static let dockerConfig = MediaType(known: "application/vnd.docker.container.image.v1+json")
    package static let dockerLayerTar = MediaType(known: "application/vnd.docker.image.rootfs.diff.tar")
    package static let dockerLayerGzip = MediaType(known: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    package static let dockerLayerZstd = MediaType(known: "application/vnd.docker.image.rootfs.diff.tar.zstd")
    package static let ociManifest = MediaType(known: "application/vnd.oci.image.manifest.v1+json")
    package static let ociIndex = MediaType(known: "application/vnd.oci.image.index.v1+json")
    package static let ociConfig = MediaType(known: "application/vnd.oci.image.config.v1+json")
    package static let ociLayerTar = MediaType(known: "application/vnd.oci.image.layer.v1.tar")
    package static let ociLayerGzip = MediaType(known: "application/vnd.oci.image.layer.v1.tar+gzip")
    package static let ociLayerZstd = MediaType(known: "application/vnd.oci.image.layer.v1.tar+zstd")

    /// What a client of image registries can read: send it as `Accept`.
    package static let manifests: [MediaType] = [.ociIndex, .dockerIndex, .ociManifest, .dockerManifest]

    package var isManifest: Bool { self == .dockerManifest || self == .ociManifest }
    package var isIndex: Bool { self == .dockerIndex || self == .ociIndex }
    package var isConfig: Bool { self == .dockerConfig || self == .ociConfig }
    var isSchema1: Bool { name.hasPrefix("application/vnd.docker.distribution.manifest.v1+") }

    /// How a layer of this type is packed; nil when it isn't a layer that may be fetched from the image's repo.
    package var compression: LayerCompression? {
        switch self {
        case .dockerLayerTar, .ociLayerTar: LayerCompression.none
        case .dockerLayerGzip, .ociLayerGzip: .gzip
        case .dockerLayerZstd, .ociLayerZstd: .zstd
        default: nil
        }
    }
}

/// How a layer's tar is packed.
package enum LayerCompression: Hashable, Sendable {
    case none, gzip, zstd
}
