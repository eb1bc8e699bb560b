// One entry of a tar archive, as this module reads and writes it.

struct TarEntry {
    enum Kind: Equatable {
        case regular, directory, fifo
        case symbolicLink(target: [UInt8])
        /// `target` is the path of an earlier entry.
        case hardLink(target: [UInt8])
        case character(DeviceNumber)
        case block(DeviceNumber)
    }

    /// As the archive spells it; directories end in a slash when written.
    var path: [UInt8]
    var kind: Kind
    /// The lowest 12 bits of the mode.
    var permissions: UInt32
    var owner: Int64
    var group: Int64
    var modified: FileTime
    /// Bytes of a regular file, holes included.
    var size: Int64 = 0
    var attributes: [ExtendedAttribute] = []
}

/// Names that mean something in an OCI layer (image-spec, layer.md: whiteouts).
enum WhiteoutName {
    static let prefix = Array(".wh.".utf8)
    /// AUFS's own files, which old engines left in layers.
    static let metadataPrefix = Array(".wh..wh.".utf8)
    static let opaque = Array(".wh..wh..opq".utf8)
}
