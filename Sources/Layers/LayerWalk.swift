// Walks an overlay's upper directory in the order of a layer and writes its entries.

// Safety: the copy buffer belongs to one object, which frees it once.

/// Order: a directory, its opaque mark, its whiteouts (OCI image-spec, layer.md: before their siblings), then the rest
/// in byte order of the paths as the archive spells them, so that `a.b` stands before `a/` and both before `a0`.
@safe final class LayerWalk {
    private(set) var entryCount: Int64 = 0
    private let writer: TarWriter
    private let times: LayerTimes
    private let limits: LayerLimits
    private let checkpoint: Checkpoint
    /// Path of the current directory, with its slash; empty at the top.
    private var prefix: [UInt8] = []
    /// First path of every file that has several names.
    private var firstPaths: [FileIdentity: [UInt8]] = [:]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)

    private struct Item {
        let name: [UInt8]
        /// Nil for a regular file: it is opened anyway and asked then.
        let status: FileStatus?
    }

    init(_ writer: TarWriter, times: LayerTimes, limits: LayerLimits, checkpoint: @escaping Checkpoint) {
        self.writer = writer
        self.times = times
        self.limits = limits
        self.checkpoint = checkpoint
    }

    deinit { unsafe buffer.deallocate() }

    func run(_ root: Directory) throws {
        let cursor = TreeCursor(at: root)
        if try root.file().isOpaque { try writeMark(WhiteoutName.opaque, root.status()) }
        var levels = [(items: try begin(root), prefixCount: 0)]
        while var level = levels.popLast() {
            guard let item = level.items.popLast() else {
                if !levels.isEmpty { try cursor.ascend() }
                continue
            }
            prefix.removeSubrange(level.prefixCount...)
            levels.append(level)
            try checkpoint()
            guard item.status?.kind == .directory else {
                try write(item, in: cursor.current)
                continue
            }
            try cursor.descend(item.name)
            prefix += item.name + [Directory.slash]
            try writeDirectory(cursor.current)
            levels.append((try begin(cursor.current), prefix.count))
        }
    }

    /// Writes the whiteouts of a directory; the other items, last first.
    private func begin(_ directory: Directory) throws -> [Item] {
        var removed: [(name: [UInt8], status: FileStatus)] = []
        var kept: [(key: [UInt8], item: Item)] = []
        for (name, isRegular) in try directory.entries(atMost: limits.entries) {
            guard !name.starts(with: WhiteoutName.prefix) else {
                throw LayerError.unfit(
                    path: PathText.printable(prefix + name),
                    reason: "names that begin with .wh. mean removal in a layer")
            }
            if isRegular {
                kept.append((name, Item(name: name, status: nil)))
                continue
            }
            guard let status = try directory.status(of: name) else { continue }
            if status.isWhiteout {
                removed.append((name, status))
            } else {
                let key = status.kind == .directory ? name + [Directory.slash] : name
                kept.append((key, Item(name: name, status: status)))
            }
        }
        for item in removed.sorted(by: { $0.name.precedes($1.name) }) {
            try writeMark(WhiteoutName.prefix + item.name, item.status)
        }
        return kept.sorted { $1.key.precedes($0.key) }.map(\.item)
    }

    /// Whiteouts bear the mode and owner that other engines give them; only their name counts.
    private func writeMark(_ name: [UInt8], _ status: FileStatus) throws {
        try begin(
            TarEntry(
                path: prefix + name, kind: .regular, permissions: 0, owner: 0, group: 0, modified: time(status)))
    }

    private func writeDirectory(_ directory: Directory) throws {
        let (file, status) = (try directory.file(), try directory.status())
        var entry = describe(status, path: prefix, kind: .directory)
        entry.attributes = try file.carriedAttributes()
        try begin(entry)
        if try file.isOpaque { try writeMark(WhiteoutName.opaque, status) }
    }

    private func write(_ item: Item, in directory: Directory) throws {
        let path = prefix + item.name
        guard let status = item.status, status.kind != .regular else {
            return try writeFile(item.name, path: path, in: directory)
        }
        if try writeLink(to: status, path: path) { return }
        switch status.kind {
        case .symbolicLink:
            let target = try directory.target(ofLink: item.name, atMost: limits.pathBytes)
            try begin(describe(status, path: path, kind: .symbolicLink(target: target)))
        case .character: try begin(describe(status, path: path, kind: .character(status.device)))
        case .block: try begin(describe(status, path: path, kind: .block(status.device)))
        case .fifo: try begin(describe(status, path: path, kind: .fifo))
        case .regular, .socket, .directory: break
        }
    }

    /// Writes a hard link when a name of the same file was written; false when this is the first one.
    private func writeLink(to status: FileStatus, path: [UInt8]) throws -> Bool {
        guard status.linkCount > 1 else { return false }
        if let first = firstPaths[status.identity] {
            try begin(describe(status, path: path, kind: .hardLink(target: first)))
            return true
        }
        if status.kind != .socket { firstPaths[status.identity] = path }
        return false
    }

    private func writeFile(_ name: [UInt8], path: [UInt8], in directory: Directory) throws {
        let file = try directory.openFile(name)
        let status = try file.status()
        guard status.kind == .regular else { throw changed(path) }
        if try writeLink(to: status, path: path) { return }
        var entry = describe(status, path: path, kind: .regular)
        entry.size = status.size
        entry.attributes = try file.carriedAttributes()
        try begin(entry)
        var rest = status.size
        while rest > 0 {
            try checkpoint()
            let wanted = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(rest, Int64(buffer.count)))])
            let count = try unsafe file.read(into: wanted)
            guard count > 0 else { throw changed(path) }
            try unsafe writer.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            rest -= Int64(count)
        }
    }

    private func begin(_ entry: TarEntry) throws {
        guard entry.path.count <= limits.pathBytes else {
            throw LayerError.exceeded(
                limit: "the length of a path", allowed: Int64(limits.pathBytes), entry: PathText.printable(entry.path))
        }
        entryCount += 1
        guard entryCount <= limits.entries else {
            throw LayerError.exceeded(
                limit: "the number of entries", allowed: limits.entries, entry: PathText.printable(entry.path))
        }
        try writer.begin(entry)
    }

    private func describe(_ status: FileStatus, path: [UInt8], kind: TarEntry.Kind) -> TarEntry {
        TarEntry(
            path: path, kind: kind, permissions: status.permissions, owner: Int64(status.owner),
            group: Int64(status.group), modified: time(status))
    }

    private func time(_ status: FileStatus) -> FileTime {
        switch times {
        case .kept: FileTime(seconds: status.modified.seconds)
        case .fixed(let seconds): FileTime(seconds: seconds)
        }
    }

    private func changed(_ path: [UInt8]) -> LayerError {
        .unfit(path: PathText.printable(path), reason: "it changed while it was being read")
    }
}
