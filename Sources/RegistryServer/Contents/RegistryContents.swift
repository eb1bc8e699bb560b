// What the server asks of the place where its repos lie.
package import BlobStore
package import Digests

/// All calls may block; the server makes them on threads for that. Any number of processes share one place. A repo
/// serves only blobs and manifests that are linked to it: who may pull one repo can't pull another's blobs by their names.
package protocol RegistryContents: Sendable {
    // MARK: Reading

    /// In byte order; at most `count` of those after `last`.
    func repos(after last: String?, count: Int) throws -> [RepoName]
    /// Whether the builds of this node alone publish there.
    func isReadOnly(_ repo: RepoName) throws -> Bool
    /// In byte order; nil when there is no such repo.
    func tags(of repo: RepoName) throws -> [String]?
    /// A tag that was pushed or built here, or a manifest that the repo has.
    func manifest(_ reference: ManifestReference, of repo: RepoName) async throws -> StoredManifest?
    func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> StoredBlob?
    /// Digests of the manifests of `repo` whose subject is `subject`, in byte order.
    func referrers(of subject: BlobDigest, in repo: RepoName) throws -> [BlobDigest]

    // MARK: Writing

    func beginBlob() throws -> sending BlobWriter
    /// Bytes of the blob in the store, whichever repo it is of; nil when it is absent.
    func size(_ digest: BlobDigest) -> Int64?
    /// From now on `repo` serves the blob.
    func link(_ digest: BlobDigest, to repo: RepoName) throws
    /// False when it had none.
    func unlink(_ digest: BlobDigest, from repo: RepoName) throws -> Bool
    /// Keeps a manifest whose parts are there, and then its tag; all of it on the disk when this comes back.
    func put(_ manifest: StoredManifest, tag: String?, to repo: RepoName) throws
    /// False when there was none.
    func removeTag(_ tag: String, from repo: RepoName) throws -> Bool
    /// Removes the tags that name it, too.
    func removeManifest(_ digest: BlobDigest, from repo: RepoName) throws -> Bool

    // MARK: What came from elsewhere

    /// Keeps a manifest that a peer or an upstream has in `repo`, though its parts may be missing; `tag`: what it was
    /// asked for by.
    func remember(_ manifest: StoredManifest, tag: String?, of repo: RepoName) throws
    /// The manifest that the tag named elsewhere when last asked.
    func rememberedTag(_ tag: String, of repo: RepoName) throws -> BlobDigest?
    /// All such tags, in byte order.
    func rememberedTags(of repo: RepoName) throws -> [String]
    /// A download; nil while another process has it.
    func download(_ digest: BlobDigest, size: Int64) throws -> PartialBlob?
}
