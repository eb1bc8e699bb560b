// Go's directory hash (golang.org/x/mod/sumdb/dirhash, "h1:") over files of a context, without extracting it.
import Digests

/// Checksums of the sources of staged COPY, ADD and bind mounts.
package struct ContextChecksum<Contents: FileContents>: Sendable {
    private let files: ContextFiles
    private let contents: Contents
    private let hashes: BlobHashes

    /// `contents` must be able to read the blobs of `files`.
    package init(_ files: ContextFiles, contents: Contents, hashes: BlobHashes) {
        self.files = files
        self.contents = contents
        self.hashes = hashes
    }

    /// `SHA256` of the directory hashes of all paths that the globs match, sorted, each once. Throws `noMatch` when a
    /// source without wildcards does not exist, or nothing matches at all.
    package func sources(globs: [String]) throws -> String {
        var paths: Set<PathBytes> = []
        for glob in globs {
            let found = try files.matches(of: glob)
            if found.isEmpty, !glob.utf8.contains(where: { "*?[".utf8.contains($0) }) {
                throw FileTreeError.noMatch([glob])
            }
            paths.formUnion(found)
        }
        guard !paths.isEmpty else { throw FileTreeError.noMatch(globs) }
        return try sources(paths: Array(paths))
    }

    /// The same for paths that are taken as they are.
    package func sources(paths: [PathBytes]) throws -> String {
        let sorted = Set(paths).sorted { $0.lexicographicallyPrecedes($1) }
        return JoinedHash.sha256(try directoryHashes(of: sorted))
    }

    /// `h1:` and base64. Of a folder: its files by `/path/below/it`; of a file: the file by its own name.
    /// Links to files count with the content they lead to. Where Go's hash fails, a link to a folder or to nothing
    /// inside a hashed folder counts with its target as content, and a path that is a link to a folder as that folder.
    package func directoryHash(of path: PathBytes) throws -> String { try directoryHashes(of: [path])[0] }

    private struct Line {
        let name: PathBytes
        let content: ContextFiles.Content
    }

    private func directoryHashes(of paths: [PathBytes]) throws -> [String] {
        let lines = try paths.map(lines(of:))
        let blobs = lines.flatMap { $0 }.compactMap { line -> TreeFile? in
            if case .blob(let file) = line.content { file } else { nil }
        }
        // One pass over the object store for everything.
        var digests = try hashes.digests(of: blobs, from: contents).makeIterator()
        return lines.map { lines in
            let digested = lines.map { line -> (name: PathBytes, digest: ContentDigest) in
                switch line.content {
                case .blob: (line.name, digests.next() ?? ContentDigest(of: []))
                case .digest(let digest): (line.name, digest)
                case .link(let target): (line.name, ContentDigest(of: target))
                }
            }
            var hash = DirectoryHash()
            for file in digested.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
                hash.add(file.digest, file.name)
            }
            return hash.finish()
        }
    }

    private func lines(of path: PathBytes) throws -> [Line] {
        let formatted = GoPath.formatted(path)
        guard let node = files.node(at: formatted, isLinkFollowed: true) else {
            throw FileTreeError.noMatch([GoPath.text(path)])
        }
        var lines: [Line] = []
        if case .content(let content) = files.nodes[node] {
            let name = PathBytes(formatted.split(separator: GoPath.slash).last ?? [])
            lines.append(Line(name: name, content: content))
        } else {
            // Not `path` itself: a link may have led here, and what is below is found by walking.
            collect(node, at: [], path: formatted, into: &lines)
        }
        if let bad = lines.first(where: { $0.name.contains(UInt8(ascii: "\n")) }) {
            throw FileTreeError.newlineInName(GoPath.text(bad.name))
        }
        return lines
    }

    private func collect(_ node: Int, at name: PathBytes, path: PathBytes, into lines: inout [Line]) {
        switch files.nodes[node] {
        case .directory(let children):
            for (child, index) in children {
                collect(index, at: name + [GoPath.slash] + child, path: files.joined(path, child), into: &lines)
            }
        case .content(let content):
            var content = content
            if case .link = content, let target = files.node(at: path, isLinkFollowed: true),
                case .content(let found) = files.nodes[target]
            {
                content = found
            }
            lines.append(Line(name: name, content: content))
        }
    }
}
