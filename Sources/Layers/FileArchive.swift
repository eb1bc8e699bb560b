// A tar of plain files for other programs to read: the same bytes for the same files.
// Safety: buffers live for one call.

package final class FileArchive {
    private let writer: TarWriter

    private static let permissions: UInt32 = 0o644

    /// `output` gets the archive's bytes in order.
    package init(_ output: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        writer = try unsafe TarWriter(output)
    }

    /// Starts a file of `size` bytes, which must follow. It belongs to root and bears the time 0.
    package func begin(_ name: String, size: Int64) throws {
        try writer.begin(
            TarEntry(
                path: Array(name.utf8), kind: .regular, permissions: Self.permissions, owner: 0, group: 0,
                modified: FileTime(seconds: 0), size: size))
    }

    package func append(_ bytes: [UInt8]) throws {
        try unsafe bytes.withUnsafeBytes { try unsafe writer.append($0) }
    }

    package func close() throws { try writer.close() }
}
