// The agreed record of publications: what was promised for a digest, and how far each promise got.
package import Digests

/// One publication: a stage id for ever tied to the bytes of one manifest.
package struct Publication: Hashable, Sendable {
    package enum State: String, Sendable {
        /// Recorded; its tag may not stand yet.
        case won
        /// Its tag stood when this was written.
        case tagged
        /// Will never be chosen; its timestamp is not used again.
        case rejected
    }

    package let id: StageID
    package let manifest: BlobDigest
    /// Tells this proposal from another one with the same content.
    package let nonce: String
    package var state: State

    package init(id: StageID, manifest: BlobDigest, nonce: String, state: State) {
        self.id = id
        self.manifest = manifest
        self.nonce = nonce
        self.state = state
    }
}

/// Who decides. A lock only keeps others from wasting work; a publication counts when it is recorded here.
package protocol Ledger: Sendable {
    /// All publications of `digest`, in the order in which they were recorded.
    func publications(of digest: StageDigest) async throws -> [Publication]

    /// Appends `publication` if the digest's list is still `expected`; false when somebody was faster.
    func append(_ publication: Publication, expecting expected: [Publication]) async throws -> Bool

    /// Writes down what became of a publication.
    func mark(_ id: StageID, as state: Publication.State) async throws
}

extension [Publication] {
    /// The greatest timestamp ever given, rejected ones included.
    var greatestTimestamp: Int64? { map(\.id.timestamp).max() }
}
