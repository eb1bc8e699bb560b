// Who owns a file.

/// Numeric owner and group.
package struct FileOwner: Hashable, Sendable {
    package let uid: UInt32
    package let gid: UInt32

    package init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }

    package static let root = FileOwner(uid: 0, gid: 0)
}
