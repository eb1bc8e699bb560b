// How pushes and what came from elsewhere are kept.
package import BlobStore
package import Digests
import Images

extension StoredContents {
    package func beginBlob() throws -> sending BlobWriter { try store.blobs.begin() }

    package func size(_ digest: BlobDigest) -> Int64? { store.blobs.size(digest) }

    package func link(_ digest: BlobDigest, to repo: RepoName) throws { try folder(repo).addBlob(digest) }

    package func unlink(_ digest: BlobDigest, from repo: RepoName) throws -> Bool {
        try folder(repo).removeBlob(digest)
    }

    package func put(_ manifest: StoredManifest, tag: String?, to repo: RepoName) throws {
        try keep(manifest)
        // What a reader finds by a link is there: blobs first, then links, the tag last.
        try store.blobs.sync([manifest.digest] + manifest.parts.map(\.digest))
        let folder = folder(repo)
        if let subject = manifest.links.subject { try folder.addReferrer(manifest.digest, of: subject) }
        try folder.addManifest(manifest.digest, manifest.mediaType)
        if let tag { try folder.setTag(tag, manifest.digest) }
    }

    private func keep(_ manifest: StoredManifest) throws {
        guard !store.blobs.contains(manifest.digest) else { return }
        try store.blobs.write(expecting: manifest.digest) { try $0.append(manifest.bytes) }
    }

    package func removeTag(_ tag: String, from repo: RepoName) throws -> Bool { try folder(repo).removeTag(tag) }

    package func removeManifest(_ digest: BlobDigest, from repo: RepoName) throws -> Bool {
        let folder = folder(repo)
        guard folder.hasManifest(digest) else { return false }
        for tag in try folder.tags() where try folder.tag(tag) == digest { _ = try folder.removeTag(tag) }
        if let bytes = try? store.blobs.read(digest, atMost: Manifest.bytesMax),
            let subject = try? StoredManifest(bytes, contentType: nil).links.subject
        {
            try folder.removeReferrer(digest, of: subject)
        }
        return try folder.removeManifest(digest)
    }

    package func remember(_ manifest: StoredManifest, tag: String?, of repo: RepoName) throws {
        try keep(manifest)
        let folder = folder(repo)
        if !folder.hasManifest(manifest.digest) {
            if let subject = manifest.links.subject { try folder.addReferrer(manifest.digest, of: subject) }
            try folder.addManifest(manifest.digest, manifest.mediaType)
        }
        if let tag, try folder.seenTag(tag) != manifest.digest { try folder.setSeenTag(tag, manifest.digest) }
    }

    package func rememberedTag(_ tag: String, of repo: RepoName) throws -> BlobDigest? {
        try folder(repo).seenTag(tag)
    }

    package func rememberedTags(of repo: RepoName) throws -> [String] { try folder(repo).seenTags() }

    package func download(_ digest: BlobDigest, size: Int64) throws -> PartialBlob? {
        try store.blobs.partial(digest, size: size)
    }
}
