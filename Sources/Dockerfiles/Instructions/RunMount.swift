// One `--mount` of RUN, with the defaults that its type gives.

package struct RunMount: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case bind, cache, tmpfs, secret, ssh
    }

    package enum Sharing: String, Sendable, CaseIterable {
        case shared, locked
        case exclusive = "private"
    }

    package var kind = Kind.bind
    /// A stage's name or index, or an image; empty means the build context (for a cache: an empty directory).
    package var from = ""
    package var source = ""
    package var target = ""
    /// Unless said otherwise, only caches and tmpfs are writable.
    package var isReadOnly = true
    /// Bytes of a tmpfs; 0 means no limit.
    package var sizeLimit: Int64 = 0
    /// Of a cache, secret or ssh mount. Empty means the default, which depends on the target.
    package var id = ""
    /// Of a cache; nil means shared.
    package var sharing: Sharing?
    /// A missing secret or agent is an error.
    package var isRequired = false
    /// The variable that receives a secret; nil if none was asked for.
    package var environmentVariable: String?
    /// Permission bits of a cache, secret or socket.
    package var mode: UInt32?
    package var uid: UInt32?
    package var gid: UInt32?

    package init() {}
}
