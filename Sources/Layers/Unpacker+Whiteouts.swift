// Turns the names by which an OCI layer removes files into overlayfs's marks (image-spec, layer.md: whiteouts).

extension Unpacker {
    /// True when the entry is a mark, or AUFS's own business, and done with.
    func placeMark(_ entry: TarEntry, _ names: [[UInt8]]) throws -> Bool {
        guard let name = names.last, names.contains(where: { $0.starts(with: WhiteoutName.prefix) }) else {
            return false
        }
        if names.dropLast().contains(where: { $0.starts(with: WhiteoutName.prefix) }) {
            if names[0].starts(with: WhiteoutName.metadataPrefix) { return true }
            throw refused(entry, "a directory on its way has a name that means removal")
        }
        if name == WhiteoutName.opaque {
            let directory = try parent(of: names, for: entry)
            try directory.file().markOpaque()
            return true
        }
        if name.starts(with: WhiteoutName.metadataPrefix) { return true }
        let removed = Array(name.dropFirst(WhiteoutName.prefix.count))
        guard !removed.isEmpty, removed != [Directory.dot], removed != [Directory.dot, Directory.dot] else {
            throw refused(entry, "it would remove a directory through itself")
        }
        try placeWhiteout(entry, removed, in: parent(of: names, for: entry))
        return true
    }

    /// A whiteout speaks of lower layers only: what this layer itself holds under the name stays, and hides the rest.
    /// It bears its entry's time, so that two nodes that unpack one layer make the same layer of it again.
    private func placeWhiteout(_ entry: TarEntry, _ name: [UInt8], in directory: Directory) throws {
        switch try directory.status(of: name)?.kind {
        case nil:
            try directory.makeWhiteout(name)
            try directory.setMetadata(of: name, owner: 0, group: 0, permissions: nil, modified: entry.modified)
        case .directory?: try directory.child(name).file().markOpaque()
        default: break
        }
    }
}
