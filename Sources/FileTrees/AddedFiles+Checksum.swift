// werf's checksum of added files, made anew only when a file of the list is another one than before.
import Digests
import SystemPackage

extension AddedFiles {
    /// Lower-case hex SHA-256 over path (from the project's root) and content of each file that `matcher`, which sees
    /// paths from the context's root, matches; of a link only the path counts. Nil when nothing matches.
    ///
    /// One hash over all bytes can't be put together from hashes of files. So the whole is remembered for the whole list:
    /// names, and what stat(2) tells of each file. When one changed, all are read.
    package func checksum(matching matcher: some PathMatcher) throws -> String? {
        let now = hasher.index?.now
        let files = try found(.nothing).filter { matcher.isMatched($0.file.path) }
        if files.isEmpty { return nil }
        let list = list(of: files)
        if let known = hasher.index?.checksum(of: list) { return known.hex }
        let root = try open()
        var hash = Hasher(.sha256)
        var isTrusted = true
        for file in files {
            hash.update(fullPath(file))
            guard let identity = file.identity else { continue }
            isTrusted = try update(&hash, with: file.file.path, identity, in: root) && isTrusted
        }
        let checksum = ContentDigest(finishing: &hash)
        if let now, isTrusted, files.allSatisfy({ $0.identity?.isSettled(at: now) ?? true }) {
            hasher.index?.remember(checksum, of: list, now: now)
        }
        return checksum.hex
    }

    private func fullPath(_ found: Found) -> PathBytes {
        context.isEmpty ? found.file.path : context + [GoPath.slash] + found.file.path
    }

    private func list(of files: [Found]) -> ContentDigest {
        var hash = Hasher(.sha256)
        for file in files {
            hash.update(fullPath(file) + [0, file.file.kind.rawValue])
            if let identity = file.identity { hash.update(identity.bytes) }
        }
        return ContentDigest(finishing: &hash)
    }

    /// Whether what was read may be remembered, as far as its file system goes.
    private func update(
        _ hash: inout Hasher, with path: PathBytes, _ identity: FileIdentity, in root: borrowing DiskFolder
    ) throws -> Bool {
        let name = GoPath.text(path)
        let file = try root.file(path)
        defer { try? file.close() }
        try DiskFile.read(file, path: name, byteCount: Int(identity.byteCount)) { hash.update($0) }
        guard FileIdentity(of: file.rawValue) == identity else { throw FileTreeError.changedWhileRead(path: name) }
        return FileIdentity.isTrusted(file.rawValue)
    }
}
