// Repos in the node's store: what was pushed, what was kept of elsewhere, and the images of the projects built here.
package import BlobStore
package import Digests
import Images
import SystemPackage

package struct StoredContents: RegistryContents {
    let store: Store
    let files: RegistryFiles
    let projects: ProjectImages

    /// Folders that are looked through for repos, so that a long list costs a bounded time.
    static let foldersMax = 100_000

    /// `cores`: threads that compress one layer.
    package init(store: Store, cores: Int) {
        self.store = store
        files = RegistryFiles(root: store.root.appending("registry"), work: store.work)
        projects = ProjectImages(store: store, files: files, cores: cores)
    }

    func folder(_ repo: RepoName) -> RepoFolder { RepoFolder(repo, in: files) }

    // MARK: Reading

    package func repos() throws -> [RepoName] {
        var found = Set(try projects.repos())
        var folders: [[String]] = [[]]
        var seen = 0
        while let parts = folders.popLast(), seen < Self.foldersMax {
            seen += 1
            let path = parts.reduce(files.root) { $0.appending($1) }
            let names = try files.names(path) ?? []
            if RepoFolder.isRepo(names), let repo = RepoName(parts.joined(separator: "/")) { found.insert(repo) }
            folders += names.filter { !$0.hasPrefix("_") }.map { parts + [$0] }
        }
        return found.sorted()
    }

    package func isReadOnly(_ repo: RepoName) throws -> Bool { try projects.contains(repo) }

    package func tags(of repo: RepoName) throws -> [String]? {
        let (own, folder) = (try projects.tags(of: repo), folder(repo))
        guard !own.isEmpty || folder.exists else { return nil }
        return Set(own).union(try folder.tags()).sorted()
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
