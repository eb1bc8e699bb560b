// The ledger of one host: a small file per digest, changed under flock, on the disk before anybody hears of it.
package import Digests
import Glibc
package import SystemPackage

// Safety: paths are passed to system calls for the length of the call only.

package struct FileLedger: Ledger {
    private let folder: FilePath

    /// Bytes of one digest's file.
    private static let fileBytesMax = 16 << 20
    /// Between two tries to get a file's lock, which is held for milliseconds.
    private static let lockInterval = Duration.milliseconds(5)

    /// `root` is the store's folder; `repo` whose record it is.
    package init(root: FilePath, repo: RepoID) throws {
        let top = root.appending("publications")
        folder = top.appending(repo.text)
        for path in [top, folder] {
            guard unsafe mkdir(path.string, 0o700) == 0 || errno == EEXIST else {
                throw failed("make the folder of the ledger \(path)", Errno(rawValue: errno))
            }
        }
    }

    package func publications(of digest: StageDigest, _: Freshness) async throws -> PublicationList {
        try read(digest).list
    }

    package func propose(
        _ publication: Publication, on version: PublicationList.Version
    ) async throws -> Proposed {
        // Written before, so that what no ledger takes is refused here as everywhere.
        _ = try publication.text()
        return try await locked(publication.id.digest) {
            var record = try read(publication.id.digest)
            guard record.list.version == version, record.list.find(publication.id) == nil else {
                return .lost(record.list)
            }
            // A parent's file is not locked: one that is rejected from now on is rejected after its child was recorded.
            for parent in publication.parents {
                let found = try read(parent.id.digest).list.find(parent.id)
                guard found?.manifest == parent.manifest, found?.state != .rejected else {
                    return .parentChanged(parent.id)
                }
            }
            guard record.publications.count < PublicationLimits.publicationsMax else {
                throw LedgerError.refused("the stage \(publication.id.digest) was published too often")
            }
            record.publications.append(publication)
            try write(record, publication.id.digest)
            return .won
        }
    }

    @discardableResult
    package func mark(
        _ publication: Publication, as state: Publication.State
    ) async throws -> Publication.State {
        try await locked(publication.id.digest) {
            var record = try read(publication.id.digest)
            guard let index = record.publications.firstIndex(where: { $0.id == publication.id }) else {
                throw LedgerError.noSuchPublication(publication.id)
            }
            let next = record.publications[index].state.marked(state)
            guard next != record.publications[index].state else { return next }
            record.publications[index].state = next
            try write(record, publication.id.digest)
            return next
        }
    }

    private func path(_ digest: StageDigest) -> FilePath { folder.appending(digest.hex) }

    private func failed(_ what: String, _ error: Errno) -> LedgerError { .unavailable("can't \(what): \(error)") }

    private func locked<Value>(_ digest: StageDigest, _ body: () throws -> Value) async throws -> Value {
        let lock = try FileDescriptor.open(
            folder.appending(digest.hex + ".lock"), .readWrite, options: [.create, .closeOnExec, .noFollow],
            permissions: FilePermissions(rawValue: 0o600))
        defer { try? lock.close() }
        while flock(lock.rawValue, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw failed("lock the ledger \(folder)", Errno(rawValue: errno))
            }
            try await Task.sleep(for: Self.lockInterval)
        }
        return try body()
    }

    private func read(_ digest: StageDigest) throws -> PublicationFile {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(path(digest), .readOnly, options: [.closeOnExec, .noFollow])
        } catch Errno.noSuchFileOrDirectory {
            return PublicationFile()
        }
        let bytes = try file.closeAfter { try Self.readAll(file) }
        do {
            return try PublicationFile(bytes, digest)
        } catch LedgerError.unreadable(_, let reason) {
            throw LedgerError.unreadable(
                "the file \(path(digest))", "\(reason). Remove it to believe the repo's tags alone")
        }
    }

    private static func readAll(_ file: FileDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= fileBytesMax {
            let count = try unsafe chunk.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    private func write(_ record: PublicationFile, _ digest: StageDigest) throws {
        let bytes = try record.bytes()
        guard bytes.count <= Self.fileBytesMax else {
            throw LedgerError.refused("the stage \(digest) was published too often")
        }
        let temporary = folder.appending(digest.hex + ".new")
        let file = try FileDescriptor.open(
            temporary, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
            permissions: FilePermissions(rawValue: 0o600))
        try file.closeAfter {
            _ = try file.writeAll(bytes)
            guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
        guard unsafe rename(temporary.string, path(digest).string) == 0 else {
            throw failed("write the ledger's record \(path(digest))", Errno(rawValue: errno))
        }
        let directory = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
        try directory.closeAfter {
            guard fsync(directory.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
    }
}
