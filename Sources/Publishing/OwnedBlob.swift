// An open blob that can be read from any offset, closed with its last reference.
import SystemPackage

final class OwnedBlob: Sendable {
    private let file: FileDescriptor

    init(_ file: FileDescriptor) { self.file = file }

    deinit { try? file.close() }

    /// At most `count` bytes from `offset`; fewer at the end.
    func read(_ offset: Int64, _ count: Int) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = try unsafe file.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
