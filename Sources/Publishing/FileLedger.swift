// The ledger of one host: a small file per digest, changed under flock, on the disk before anybody hears of it.
package import Digests
import Glibc
package import SystemPackage

// Safety: paths are passed to system calls for the length of the call only.

package struct FileLedger: Ledger {
    private let folder: FilePath

    /// Bytes of one digest's file: some thousands of publications.
    private static let fileBytesMax = 1 << 20
    /// Between two tries to get a file's lock, which is held for milliseconds.
    private static let lockInterval = Duration.milliseconds(5)

    /// `root` is the store's folder; `repo` the repository's canonical name.
    package init(root: FilePath, repo: String) throws {
        let top = root.appending("ledger")
        folder = top.appending(String(BlobDigest(of: Array(repo.utf8)).hex.prefix(32)))
        for path in [top, folder] {
            guard unsafe mkdir(path.string, 0o700) == 0 || errno == EEXIST else {
                throw PublishingError("make the folder of the ledger \(path): \(Errno(rawValue: errno))")
            }
        }
    }

    package func publications(of digest: StageDigest) async throws -> [Publication] { try read(digest) }

    package func append(_ publication: Publication, expecting expected: [Publication]) async throws -> Bool {
        try await locked(publication.id.digest) {
            guard try read(publication.id.digest) == expected else { return false }
            try write(expected + [publication], publication.id.digest)
            return true
        }
    }

    package func mark(_ id: StageID, as state: Publication.State) async throws {
        try await locked(id.digest) {
            var list = try read(id.digest)
            guard let index = list.firstIndex(where: { $0.id == id }) else { return }
            list[index].state = state
            try write(list, id.digest)
        }
    }

    private func path(_ digest: StageDigest) -> FilePath { folder.appending(digest.hex) }

    private func locked<Value>(_ digest: StageDigest, _ body: () throws -> Value) async throws -> Value {
        let lock = try FileDescriptor.open(
            folder.appending(digest.hex + ".lock"), .readWrite, options: [.create, .closeOnExec, .noFollow],
            permissions: FilePermissions(rawValue: 0o600))
        defer { try? lock.close() }
        while flock(lock.rawValue, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw PublishingError("lock the ledger \(folder): \(Errno(rawValue: errno))")
            }
            try await Task.sleep(for: Self.lockInterval)
        }
        return try body()
    }

    /// `TIMESTAMP STATE MANIFEST NONCE`, a line each, and a last line with the digest of those before: a file that was
    /// cut or changed is an error, since guessing could publish twice.
    private func read(_ digest: StageDigest) throws -> [Publication] {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(path(digest), .readOnly, options: [.closeOnExec, .noFollow])
        } catch Errno.noSuchFileOrDirectory {
            return []
        }
        let bytes = try file.closeAfter { try Self.readAll(file) }
        guard let list = Self.parse(bytes, digest) else {
            throw PublishingError(
                "the ledger's record \(path(digest)) is damaged: remove it to believe the repo's tags alone")
        }
        return list
    }

    private static func readAll(_ file: FileDescriptor) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: fileBytesMax)
        var count = 0
        while count < bytes.count {
            let read = try unsafe bytes[count...].withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            if read == 0 { break }
            count += read
        }
        return Array(bytes[..<count])
    }

    private static func parse(_ bytes: [UInt8], _ digest: StageDigest) -> [Publication]? {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let seal = lines.popLast(), seal == Substring(self.seal(lines.map(String.init))) else { return nil }
        var list: [Publication] = []
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count == 4, let timestamp = Int64(words[0]), let manifest = BlobDigest(words[2]),
                let state = Publication.State(rawValue: String(words[1]))
            else { return nil }
            list.append(
                Publication(
                    id: StageID(digest: digest, timestamp: timestamp), manifest: manifest, nonce: String(words[3]),
                    state: state))
        }
        return list
    }

    private static func seal(_ lines: [String]) -> String {
        "end " + BlobDigest(of: Array(lines.joined(separator: "\n").utf8)).hex
    }

    private func write(_ list: [Publication], _ digest: StageDigest) throws {
        let lines = list.map { "\($0.id.timestamp) \($0.state.rawValue) \($0.manifest) \($0.nonce)" }
        let text = (lines + [Self.seal(lines)]).joined(separator: "\n") + "\n"
        let temporary = folder.appending(digest.hex + ".new")
        let file = try FileDescriptor.open(
            temporary, .writeOnly, options: [.create, .truncate, .closeOnExec, .noFollow],
            permissions: FilePermissions(rawValue: 0o600))
        try file.closeAfter {
            _ = try file.writeAll(Array(text.utf8))
            guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
        guard unsafe rename(temporary.string, path(digest).string) == 0 else {
            throw PublishingError("write the ledger's record \(path(digest)): \(Errno(rawValue: errno))")
        }
        let directory = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
        try directory.closeAfter {
            guard fsync(directory.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
    }
}
