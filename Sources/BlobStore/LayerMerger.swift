// Merges layers in overlay form into one directory, as an overlay of them would show them.
import Layers
import SystemPackage

// Safety: the copy buffer lives for one call.

/// Files are hard links to the layers' own, which nobody writes; directories are made anew.
final class LayerMerger {
    private let target: Directory
    private let checkpoint: Checkpoint

    init(into target: Directory, _ checkpoint: @escaping Checkpoint) {
        self.target = target
        self.checkpoint = checkpoint
    }

    /// Puts `layer` on top of what is there.
    func add(_ layer: Directory) throws {
        let (from, into) = (TreeCursor(at: layer), TreeCursor(at: target))
        var levels = [try begin(from.current, into.current)]
        while var level = levels.popLast() {
            if let name = level.popLast() {
                levels.append(level)
                if try into.current.status(of: name)?.kind != .directory {
                    try into.current.removeTree(name)
                    try into.current.makeDirectory(name)
                }
                try from.descend(name)
                try into.descend(name)
                levels.append(try begin(from.current, into.current))
            } else {
                // Filling it changed its time.
                try into.current.file().setModified(from.current.status().modified)
                if levels.isEmpty { return }
                try from.ascend()
                try into.ascend()
            }
        }
    }

    /// Does all of one directory but its subdirectories, whose names it returns.
    private func begin(_ from: Directory, _ into: Directory) throws -> [[UInt8]] {
        try checkpoint()
        let (source, status) = (try from.file(), try from.status())
        if try source.isOpaque { for name in try into.names() { try into.removeTree(name) } }
        try copyMetadata(source, status, to: into.file())
        var directories: [[UInt8]] = []
        for name in try from.names() {
            guard let status = try from.status(of: name) else { continue }
            if status.kind == .directory {
                directories.append(name)
                continue
            }
            try into.removeTree(name)
            if !status.isWhiteout { try link(name, status, from, into) }
        }
        return directories
    }

    private func link(_ name: [UInt8], _ status: FileStatus, _ from: Directory, _ into: Directory) throws {
        do { try into.makeHardLink(name, to: name, in: from) } catch LayerError.system(_, _, .tooManyLinks) {
            // The file system counts links in few bits; a copy is the same to the overlay.
            guard status.kind == .regular else {
                throw LayerError.system(
                    action: "link", path: PathText.printable(name), code: .tooManyLinks)
            }
            try copy(name, status, from, into)
        }
    }

    private func copy(_ name: [UInt8], _ status: FileStatus, _ from: Directory, _ into: Directory) throws {
        let (source, copy) = (try from.openFile(name), try into.makeFile(name))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BlobFolder.chunkBytes, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            try checkpoint()
            let count = try unsafe source.read(into: buffer)
            if count == 0 { break }
            try unsafe copy.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
            offset += Int64(count)
        }
        try copyMetadata(source, status, to: copy)
        try copy.setModified(status.modified)
    }

    /// The upper directory's attributes hide the lower one's altogether.
    private func copyMetadata(_ source: OpenFile, _ status: FileStatus, to file: OpenFile) throws {
        let carried = try source.carriedAttributes()
        for old in try file.carriedAttributes() where !carried.contains(where: { $0.name == old.name }) {
            try file.removeAttribute(old.name)
        }
        try file.setMetadata(
            owner: status.owner, group: status.group, permissions: status.permissions, attributes: carried)
    }
}
