// Repos in the node's store: what was pushed, what was kept of elsewhere, and the images of the projects built here.
package import BlobStore
package import Digests
import Images
import SystemPackage

package struct StoredContents: RegistryContents {
    let store: Store
    let files: RegistryFiles
    let projects: ProjectImages

    /// `cores`: threads that compress one layer.
    package init(store: Store, cores: Int) {
        self.store = store
        files = RegistryFiles(root: store.root.appending("registry"), work: store.work)
        projects = ProjectImages(store: store, files: files, cores: cores)
    }

    func folder(_ repo: RepoName) -> RepoFolder { RepoFolder(repo, in: files) }

    // MARK: Reading

    package func repos(after last: String?, count: Int) throws -> [RepoName] {
        var found = Set(try projects.repos().filter { repo in last.map { repo.text > $0 } ?? true })
        var walk = RepoWalk(files, after: last)
        var walked = 0
        while walked < count, let repo = try walk.next() {
            walked += 1
            found.insert(repo)
        }
        return Array(found.sorted().prefix(count))
    }

    func repos() throws -> [RepoName] { try repos(after: nil, count: .max) }

    package func isReadOnly(_ repo: RepoName) throws -> Bool { try projects.contains(repo) }

    package func tags(of repo: RepoName) throws -> [String]? {
        let (own, folder) = (try projects.tags(of: repo), folder(repo))
        guard !own.isEmpty || folder.exists else { return nil }
        let pushed = try folder.tags()
        return own.isEmpty ? pushed : Set(own).union(pushed).sorted()
    }

    package func manifest(_ reference: ManifestReference, of repo: RepoName) async throws -> StoredManifest? {
        switch reference {
        case .tag(let tag):
            if let own = try await projects.manifest(tag, of: repo) { return own }
            guard let digest = try folder(repo).tag(tag) else { return nil }
            return try manifest(digest, of: repo)
        case .digest(let digest): return try manifest(digest, of: repo)
        }
    }

    private func manifest(_ digest: BlobDigest, of repo: RepoName) throws -> StoredManifest? {
        let folder = folder(repo)
        guard folder.hasManifest(digest), store.blobs.contains(digest) else { return nil }
        do {
            let bytes = try store.blobs.read(digest, atMost: Manifest.bytesMax)
            return try StoredManifest(bytes, contentType: try folder.manifestType(digest))
        } catch StoreError.corrupt, StoreError.absentBlob {
            // The store has removed it: it can be pushed or fetched again.
            return nil
        }
    }

    package func blob(_ digest: BlobDigest, of repo: RepoName) async throws -> StoredBlob? {
        let folder = folder(repo)
        guard folder.hasBlob(digest) || folder.hasManifest(digest) else { return nil }
        if store.blobs.size(digest) == nil, let layer = try folder.layer(digest) {
            guard try await projects.packAgain(layer) == digest else { return nil }
        }
        do {
            guard let size = store.blobs.size(digest) else { return nil }
            return StoredBlob(digest, size: size, file: try store.blobs.open(digest))
        } catch StoreError.absentBlob { return nil }
    }

    package func referrers(of subject: BlobDigest, in repo: RepoName) throws -> [BlobDigest] {
        try folder(repo).referrers(of: subject)
    }

    /// Blobs and manifests of pushed repos: cleaning keeps them, since nobody else may have them. What was only kept of
    /// elsewhere is not among them.
    package func pushedBlobs() throws -> Set<BlobDigest> {
        var kept: Set<BlobDigest> = []
        for repo in try repos() {
            let folder = folder(repo)
            guard try !folder.tags().isEmpty else { continue }
            kept.formUnion(try folder.manifests())
            kept.formUnion(try folder.blobs())
        }
        return kept
    }
}
