// The bounds within which an archive of a stranger is unpacked.

/// Called often during long work; throws to stop it.
package typealias Checkpoint = () throws -> Void

package struct LayerLimits: Sendable {
    /// Bytes of one uncompressed archive, and of the files it makes (sparse files count whole).
    package var archiveBytes: Int64 = 64 << 30
    /// Uncompressed bytes for each compressed one; deflate cannot exceed 1032.
    package var ratio: Int64 = 1000
    /// Uncompressed bytes below which the ratio does not matter: a file of zeros is no attack.
    package var ratioFreeBytes: Int64 = 1 << 30
    /// Entries of one archive.
    package var entries: Int64 = 4_000_000
    /// Entries of one archive that are hard links.
    package var hardLinks: Int64 = 1_000_000
    /// Bytes of one path, and of a link's target; the kernel's PATH_MAX without the NUL.
    package var pathBytes = 4095
    /// Bytes of one name between slashes; the kernel's NAME_MAX.
    package var nameBytes = 255
    /// Bytes of one extended attribute's value; the kernel's XATTR_SIZE_MAX.
    package var attributeBytes = 64 << 10
    /// Extended attributes of one entry.
    package var attributes = 128
    /// Archive bytes that describe one entry: pax records, long names, sparse maps. libarchive itself stops at 1 MiB
    /// for each of them and at 32 of them in a row; a sparse map it would read without end.
    package var headerBytes: Int64 = 4 << 20
    /// Bytes of directory paths whose times wait for the end of the archive.
    package var pendingBytes: Int64 = 256 << 20

    package static let standard = LayerLimits()
}
