// Makes what one entry describes; of several entries with one name the last counts.

// Safety: pieces of a file are written before libarchive is called again.

extension Unpacker {
    func place(_ entry: TarEntry, _ reader: TarReader) throws {
        guard let names = EntryPath.names(entry.path) else { throw refused(entry, "its name leads above the root") }
        if let long = names.first(where: { $0.count > limits.nameBytes }) {
            throw LayerError.exceeded(
                limit: "the length of a name", allowed: Int64(limits.nameBytes), entry: PathText.printable(long))
        }
        guard let name = names.last else { return try placeTop(entry) }
        if isLayer, try placeMark(entry, names) { return }
        let owner = try owner(of: entry)
        let directory = try parent(of: names, for: entry)
        let path = path(below: names)
        switch entry.kind {
        case .directory: try placeDirectory(entry, owner, name, in: directory, path: path)
        case .regular: try placeFile(entry, owner, name, in: directory, reader)
        case .hardLink(let target): try placeHardLink(entry, to: target, name, in: directory)
        case .symbolicLink(let target):
            guard !target.isEmpty else { throw refused(entry, "it is a link to nothing") }
            try makeRoom(name, in: directory)
            try directory.makeSymbolicLink(name, to: target)
            try directory.setMetadata(
                of: name, owner: owner.user, group: owner.group, permissions: nil, modified: entry.modified)
        case .fifo: try placeNode(entry, .fifo, DeviceNumber(major: 0, minor: 0), owner, name, in: directory)
        case .block(let device): try placeNode(entry, .block, device, owner, name, in: directory)
        case .character(let device):
            guard device != .whiteout else { throw refused(entry, "device 0/0 stands for a removed file") }
            try placeNode(entry, .character, device, owner, name, in: directory)
        }
    }

    /// An entry for the root itself, as `./`.
    private func placeTop(_ entry: TarEntry) throws {
        guard entry.kind == .directory else { throw refused(entry, "it would replace the root") }
        // ADD unpacks into a directory, which stays as it is.
        guard isLayer else { return }
        guard let top = try root.inside(base) else { return }
        try setMetadata(entry, owner(of: entry), on: top.file())
        try setTimeLater(base, entry.modified)
    }

    private func placeDirectory(
        _ entry: TarEntry, _ owner: FileOwner, _ name: [UInt8], in directory: Directory, path: [UInt8]
    ) throws {
        let before = try directory.status(of: name)
        if before?.kind != .directory {
            try makeRoom(name, in: directory)
            try directory.makeDirectory(name)
        }
        let file = try directory.child(name).file()
        try setMetadata(entry, owner, on: file)
        // The whiteout that stood here removed what lies below; the directory must go on hiding it.
        if isLayer, before?.isWhiteout == true { try file.markOpaque() }
        try setTimeLater(path, entry.modified)
    }

    private func placeFile(
        _ entry: TarEntry, _ owner: FileOwner, _ name: [UInt8], in directory: Directory, _ reader: TarReader
    ) throws {
        try makeRoom(name, in: directory)
        let file = try directory.makeFile(name)
        var end: Int64 = 0
        unsafe try reader.forEachPiece { piece, offset in
            try checkpoint()
            let (pieceEnd, overflow) = offset.addingReportingOverflow(Int64(piece.count))
            guard offset >= 0, !overflow, pieceEnd <= entry.size else {
                throw LayerError.damaged(reason: "a file holds more data than its header says")
            }
            try unsafe file.write(piece, at: offset)
            end = max(end, pieceEnd)
        }
        if end < entry.size { try file.setSize(entry.size) }
        try setMetadata(entry, owner, on: file)
        try file.setModified(entry.modified)
    }

    private func placeHardLink(
        _ entry: TarEntry, to target: [UInt8], _ name: [UInt8], in directory: Directory
    ) throws {
        guard let names = EntryPath.names(target), let last = names.last else {
            throw refused(entry, "its hard link leads above the root")
        }
        let holder = try root.inside(path(below: names.dropLast()))
        guard let holder, let status = try holder.status(of: last), !(isLayer && status.isWhiteout) else {
            throw refused(entry, "its hard link's target \(PathText.printable(target)) is not in the archive")
        }
        guard status.kind != .directory else { throw refused(entry, "its hard link's target is a directory") }
        guard try directory.status(of: name)?.identity != status.identity else { return }
        try makeRoom(name, in: directory)
        try directory.makeHardLink(name, to: last, in: holder)
        if !isLayer { try takeOver(entry, status, name, in: directory) }
    }

    /// What a link's own entry says holds for the file: it comes later than the file's.
    private func takeOver(
        _ entry: TarEntry, _ status: FileStatus, _ name: [UInt8], in directory: Directory
    ) throws {
        let owner = try owner(of: entry)
        try directory.setMetadata(
            of: name, owner: owner.user, group: owner.group,
            permissions: status.kind == .symbolicLink ? nil : entry.permissions, modified: entry.modified)
    }

    private func placeNode(
        _ entry: TarEntry, _ kind: FileKind, _ device: DeviceNumber, _ owner: FileOwner, _ name: [UInt8],
        in directory: Directory
    ) throws {
        try makeRoom(name, in: directory)
        try directory.makeNode(name, kind, permissions: entry.permissions, device: device)
        try directory.setMetadata(
            of: name, owner: owner.user, group: owner.group, permissions: entry.permissions, modified: entry.modified)
    }

    /// Removes what bears the name.
    func makeRoom(_ name: [UInt8], in directory: Directory) throws {
        guard let status = try directory.status(of: name) else { return }
        if status.kind == .directory { try directory.removeTree(name) } else { try directory.remove(name) }
        // The directory of the entry before may have been removed with it, or reached through it.
        lastParent = nil
    }

    private func setMetadata(_ entry: TarEntry, _ owner: FileOwner, on file: OpenFile) throws {
        try file.setMetadata(
            owner: owner.user, group: owner.group, permissions: entry.permissions, attributes: entry.attributes)
    }

    private func owner(of entry: TarEntry) throws -> FileOwner {
        if let forcedOwner { return forcedOwner }
        // The greatest number means "leave it" to chown(2).
        let range = Int64(0)..<Int64(UInt32.max)
        guard range.contains(entry.owner), range.contains(entry.group) else {
            throw refused(entry, "its owner \(entry.owner):\(entry.group) is no user number")
        }
        return FileOwner(user: UInt32(entry.owner), group: UInt32(entry.group))
    }
}
