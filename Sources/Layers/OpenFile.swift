// One open file or directory: its metadata, extended attributes and bytes.
import CLinux
import Glibc
import SystemPackage

// Safety: the descriptor belongs to one object and is closed by its `deinit`; pointers live for one call.

package final class OpenFile {
    package let descriptor: CInt
    private let folder: [UInt8]
    private let name: [UInt8]

    /// Opened as `name` in `folder`.
    init(owning descriptor: CInt, folder: [UInt8], name: [UInt8]) {
        self.descriptor = descriptor
        self.folder = folder
        self.name = name
    }

    /// For messages only: made when there is one.
    var place: String { Directory.text(folder, name) }

    deinit { close(descriptor) }

    package func status() throws(LayerError) -> FileStatus {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, let known = FileStatus(status) else { throw failure("look at") }
        return known
    }

    /// Bytes read into `buffer`, 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        while true {
            let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw failure("read") }
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(LayerError) {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            if count > 0 { done += count } else if errno != EINTR { throw failure("write") }
        }
    }

    package func setSize(_ size: Int64) throws(LayerError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw failure("set the size of") }
    }

    /// Owner first: a change of owner drops the set-user-id bits and security.capability.
    package func setMetadata(
        owner: UInt32, group: UInt32, permissions: UInt32, attributes: [ExtendedAttribute]
    ) throws(LayerError) {
        guard fchown(descriptor, owner, group) == 0 else { throw failure("change the owner of") }
        guard fchmod(descriptor, permissions) == 0 else { throw failure("change the mode of") }
        for attribute in attributes { try set(attribute) }
    }

    package func setModified(_ time: FileTime) throws(LayerError) {
        var times = time.pair
        guard unsafe futimens(descriptor, &times) == 0 else { throw failure("change the time of") }
    }

    func failure(_ action: String) -> LayerError { .system(action: action, path: place, code: .last) }
}
