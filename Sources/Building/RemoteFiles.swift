// Files that ADD fetches from the web: each once in a build, for the name of its step and for the step itself.
package import BlobStore
import Digests
package import Registry
import Synchronization
import SystemPackage

/// What was fetched lies in the process's work area until its end.
package final class RemoteFiles: Sendable {
    struct File: Sendable {
        /// Holds nothing else.
        let folder: FilePath
        let name: String
        let digest: BlobDigest
    }

    /// An address may be asked for with a checksum here and without one there: other redirects are followed then.
    private struct Key: Hashable, Sendable {
        let url: String
        let checksum: BlobDigest?
    }

    private let store: Store
    private let source: HTTPSource
    private let flights = KeyedFlights<Key>()
    private let known = Mutex<[Key: File]>([:])

    package init(store: Store, sharing client: RegistryClient) {
        self.store = store
        source = HTTPSource(sharing: client)
    }

    func file(_ url: String, checksum: BlobDigest?) async throws -> File {
        let key = Key(url: url, checksum: checksum)
        return try await flights.run(key) {
            if let file = known.withLock({ $0[key] }) { return file }
            let file = try await fetch(key)
            known.withLock { $0[key] = file }
            return file
        }
    }

    private func fetch(_ key: Key) async throws -> File {
        let folder = store.work.temporaryPath("remote")
        try HostFolder.make(folder)
        do {
            let draft = folder.appending("file")
            let fetched = try await source.fetch(key.url, into: draft, checksum: key.checksum)
            guard !fetched.name.contains("/"), ![".", "..", ""].contains(fetched.name) else {
                throw BuildingError("\(key.url) has no file name: give the destination one")
            }
            let named = folder.appending(fetched.name)
            try HostFolder.rename(draft, to: named)
            try HostFolder.setMode(named, 0o600)
            return File(folder: folder, name: fetched.name, digest: fetched.digest)
        } catch {
            HostFolder.removeTree(folder)
            throw error
        }
    }
}
