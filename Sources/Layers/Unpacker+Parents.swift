// The directory that an entry goes into: found inside the root, made when it is missing.

extension Unpacker {
    /// Permissions of a directory that the archive does not describe.
    private static let impliedPermissions: UInt32 = 0o755

    func path(below names: some Sequence<[UInt8]>) -> [UInt8] {
        let below = EntryPath.joined(names)
        if base.isEmpty { return below }
        return below.isEmpty ? base : base + [Directory.slash] + below
    }

    func parent(of names: [[UInt8]], for entry: TarEntry) throws(LayerError) -> Directory {
        let path = path(below: names.dropLast())
        if let lastParent, lastParent.path == path { return lastParent.directory }
        let found = try root.inside(path)
        let directory = if let found { found } else { try makeDirectories(path, for: entry) }
        lastParent = (path, directory)
        return directory
    }

    /// Goes down name by name; where a link stands in the way, the kernel resolves the path so far inside the root.
    func makeDirectories(_ path: [UInt8], for entry: TarEntry) throws(LayerError) -> Directory {
        var directory = try existing([], for: entry)
        var done: [[UInt8]] = []
        for name in path.split(separator: Directory.slash).map(Array.init) {
            done.append(name)
            let reached = EntryPath.joined(done)
            let status = try directory.status(of: name)
            switch status?.kind {
            case nil: directory = try makeImplied(name, in: directory, path: reached, isOpaque: false)
            case .directory?: directory = try directory.child(name)
            case .symbolicLink?: directory = try existing(reached, for: entry)
            case .character? where isLayer && status?.isWhiteout == true:
                try directory.remove(name)
                directory = try makeImplied(name, in: directory, path: reached, isOpaque: true)
            default:
                throw refused(entry, "\(PathText.printable(reached)) is no directory")
            }
        }
        return directory
    }

    var isLayer: Bool { form == .layer }

    private func existing(_ path: [UInt8], for entry: TarEntry) throws(LayerError) -> Directory {
        guard let directory = try root.inside(path) else {
            throw refused(entry, "\(PathText.printable(path)) is a link that leads nowhere inside the root")
        }
        return directory
    }

    private func makeImplied(
        _ name: [UInt8], in directory: Directory, path: [UInt8], isOpaque: Bool
    ) throws(LayerError) -> Directory {
        try directory.makeDirectory(name)
        let made = try directory.child(name)
        let owner = forcedOwner ?? FileOwner(user: 0, group: 0)
        try made.file().setMetadata(
            owner: owner.user, group: owner.group, permissions: Self.impliedPermissions,
            attributes: isOpaque ? [.opaque] : [])
        // A fixed time, so that two nodes that unpack one layer have the same tree.
        if isLayer { try setTimeLater(path, FileTime(seconds: 0)) }
        return made
    }

    var forcedOwner: FileOwner? {
        guard case .plain(let owner) = form else { return nil }
        return owner
    }

    func refused(_ entry: TarEntry, _ reason: String) -> LayerError {
        .refused(entry: PathText.printable(entry.path), reason: reason)
    }
}
