// One publication: a stage id for ever tied to the bytes of one manifest, with what they were made of and by whom.
package import Digests

package struct Publication: Hashable, Sendable {
    package enum State: String, Sendable {
        /// Recorded; its tag may not stand yet.
        case won
        /// Its tag stood when this was written.
        case tagged
        /// Will never be chosen; its timestamp is not used again.
        case rejected

        /// What it becomes when somebody says that it is `next`: tagged never becomes won, and rejected is for ever.
        package func marked(_ next: State) -> State {
            switch (self, next) {
            case (.rejected, _), (_, .rejected): .rejected
            case (.tagged, _), (_, .tagged): .tagged
            case (.won, .won): .won
            }
        }
    }

    package enum Origin: String, Sendable {
        case proposal
        /// The repo had it before the ledger did.
        case tag
    }

    package struct Image: Hashable, Sendable {
        package let manifest: BlobDigest
        /// The manifest itself: whoever finishes the publication for somebody who died needs it. Empty where it has more
        /// than `PublicationLimits.manifestBytesMax` bytes, and is had from who holds the image's blobs.
        package let manifestBytes: [UInt8]
        package let config: BlobDigest
        /// Of its layers, the lowest first.
        package let diffIDs: [BlobDigest]

        package init(manifestBytes: [UInt8], config: BlobDigest, diffIDs: [BlobDigest]) {
            let isKept = manifestBytes.count <= PublicationLimits.manifestBytesMax
            self.init(
                manifest: BlobDigest(of: manifestBytes), manifestBytes: isKept ? manifestBytes : [], config: config,
                diffIDs: diffIDs)
        }

        /// As it was recorded.
        init(manifest: BlobDigest, manifestBytes: [UInt8], config: BlobDigest, diffIDs: [BlobDigest]) {
            self.manifest = manifest
            self.manifestBytes = manifestBytes
            self.config = config
            self.diffIDs = diffIDs
        }
    }

    /// A publication that this one was built on. It has to be there, with this manifest and not rejected, when this one is
    /// recorded.
    package struct Parent: Hashable, Sendable {
        package let id: StageID
        package let manifest: BlobDigest

        package init(id: StageID, manifest: BlobDigest) { (self.id, self.manifest) = (id, manifest) }
    }

    /// Who published it, as the link's certificate says.
    package struct Author: Hashable, Sendable {
        package let name: String
        package let `class`: String

        package init(name: String, class: String) { (self.name, self.class) = (name, `class`) }

        /// On one host nobody has to say who they are.
        package static let unnamed = Author(name: "", class: "")
    }

    package let id: StageID
    /// Tells this proposal from another one with the same content.
    package let nonce: String
    package let image: Image
    package let parents: [Parent]
    /// Of git, that its stage recorded.
    package let commits: [String]
    package let author: Author
    package let origin: Origin
    package var state: State

    package init(
        id: StageID, nonce: String, image: Image, parents: [Parent] = [], commits: [String] = [],
        author: Author = .unnamed, origin: Origin = .proposal, state: State = .won
    ) {
        self.id = id
        self.nonce = nonce
        self.image = image
        self.parents = parents
        self.commits = commits
        self.author = author
        self.origin = origin
        self.state = state
    }

    package var manifest: BlobDigest { image.manifest }

    /// The same proposal, however far it got since.
    package func isSameProposal(as other: Publication) -> Bool { id == other.id && nonce == other.nonce }
}

extension Publication {
    /// The same, published by `author`.
    package func by(_ author: Author) -> Publication {
        Publication(
            id: id, nonce: nonce, image: image, parents: parents, commits: commits, author: author, origin: origin,
            state: state)
    }
}
