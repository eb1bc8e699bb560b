// How large a publication may be: what doesn't fit is refused before it is proposed, and when it is read.

package enum PublicationLimits {
    /// Bytes of a manifest that is kept whole: some 300 layers.
    package static let manifestBytesMax = 64 << 10
    package static let diffIDsMax = 1_000
    /// Each is a condition of the transaction that records the child: they have to fit etcd's own limit of operations.
    package static let parentsMax = 60
    package static let commitsMax = 16
    /// Bytes of a nonce, a commit, a publisher's name, a class.
    package static let wordBytesMax = 128
    /// Bytes of a whole record.
    package static let recordBytesMax = manifestBytesMax + (96 << 10)
    /// Of one digest: who publishes so often has something else wrong.
    package static let publicationsMax = 500
}
