// A tree on disk whose files were hashed: its files in the order of their paths, and Go's hash of it all.

package struct HashedTree: Sendable {
    private let top: WalkedFolder
    /// For messages.
    private let path: String

    init(top: WalkedFolder, path: String) {
        self.top = top
        self.path = path
    }

    /// Regular files; links are none.
    package struct File {
        /// From the tree's root.
        package let path: PathBytes
        package let digest: ContentDigest
        package let byteCount: Int64
    }

    /// Calls `body` with each file, sorted by path as bytes.
    package func forEachFile(_ body: (File) throws -> Void) rethrows {
        try forEachEntry(of: top) { folder, entry in
            guard let digest = entry.digest, let identity = entry.identity else { return }
            try body(File(path: folder.path(of: entry), digest: digest, byteCount: identity.byteCount))
        }
    }

    private func forEachEntry(
        of folder: WalkedFolder, _ body: (WalkedFolder, WalkedEntry) throws -> Void
    ) rethrows {
        for index in folder.ordered {
            let entry = folder.entry(Int(index))
            if entry.kind == .folder {
                try forEachEntry(of: folder.children[Int(entry.place)], body)
            } else {
                try body(folder, entry)
            }
        }
    }

    /// `h1:` and base64 of all files by `/path/below/the/root`: what `ContextChecksum` gives for this folder of a context
    /// that is this folder. Links to files count with the content they lead to, never out of the tree; a link to a folder
    /// or to nothing with its target as content. Throws `newlineInName`.
    package func directoryHash() throws(FileTreeError) -> String {
        var hash = DirectoryHash()
        var links = LinkResolution(top)
        var name: PathBytes = []
        try add(top, to: &hash, &links, &name)
        return hash.finish()
    }

    /// `name` is that of the folder, and is so again afterwards.
    private func add(
        _ folder: WalkedFolder, to hash: inout DirectoryHash, _ links: inout LinkResolution, _ name: inout PathBytes
    ) throws(FileTreeError) {
        let count = name.count
        for index in folder.ordered {
            let entry = folder.entry(Int(index))
            name.append(GoPath.slash)
            folder.append(entry, to: &name)
            defer { name.removeSubrange(count...) }
            guard entry.kind != .folder else {
                try add(folder.children[Int(entry.place)], to: &hash, &links, &name)
                continue
            }
            guard !name.contains(UInt8(ascii: "\n")) else { throw .newlineInName(path + GoPath.text(name)) }
            if let digest = entry.digest {
                hash.add(digest, name)
            } else {
                let target = folder.targets[Int(entry.place)]
                hash.add(links.digest(at: name) ?? ContentDigest(of: target), name)
            }
        }
    }

    package var fileCount: Int { sum { _ in 1 } }
    package var byteCount: Int { sum { Int($0.byteCount) } }

    private func sum(_ value: (FileIdentity) -> Int) -> Int {
        var sum = 0
        forEachEntry(of: top) { _, entry in if let identity = entry.identity { sum += value(identity) } }
        return sum
    }
}

/// Follows links inside a walked tree, by the rules of `ContextFiles`: absolute targets and `..` stay inside.
struct LinkResolution {
    private let top: WalkedFolder
    /// Entries by name, of folders that a link led through.
    private var names: [ObjectIdentifier: [PathBytes: Int]] = [:]

    init(_ top: WalkedFolder) { self.top = top }

    private enum Place {
        case folder(WalkedFolder)
        case file(ContentDigest?)
    }

    /// The digest of the file that `path` leads to; nil when that is a folder or nothing, or links lead in a circle.
    mutating func digest(at path: PathBytes) -> ContentDigest? {
        var ahead = path.split(separator: GoPath.slash).map { PathBytes($0) }
        ahead.reverse()
        var trail = [Place.folder(top)]
        var linkCount = 0
        while let element = ahead.popLast() {
            if element == [UInt8(ascii: ".")] { continue }
            if element == Array("..".utf8) {
                if trail.count > 1 { trail.removeLast() }
                continue
            }
            guard case .folder(let folder) = trail[trail.count - 1], let entry = entry(element, in: folder) else {
                return nil
            }
            switch entry.kind {
            case .folder: trail.append(.folder(folder.children[Int(entry.place)]))
            case .file: trail.append(.file(entry.digest))
            case .link:
                linkCount += 1
                guard linkCount <= ContextFiles.linksMax else { return nil }
                let target = folder.targets[Int(entry.place)]
                if target.first == GoPath.slash { trail = [.folder(top)] }
                ahead += target.split(separator: GoPath.slash).map { PathBytes($0) }.reversed()
            }
        }
        if case .file(let digest) = trail[trail.count - 1] { return digest }
        return nil
    }

    private mutating func entry(_ name: PathBytes, in folder: WalkedFolder) -> WalkedEntry? {
        let key = ObjectIdentifier(folder)
        if names[key] == nil {
            names[key] = Dictionary(
                uniqueKeysWithValues: (0..<folder.count).map { (folder.name(of: folder.entry($0)), $0) })
        }
        return names[key]?[name].map { folder.entry($0) }
    }
}
