// Writing one file, link, device or directory as COPY wants it.
import CLinux
import Glibc

// Safety: names and attribute buffers are passed to system calls for the length of the call only.

/// Makes things in the destination with the owner, mode and times that the request asks for.
struct CopyWriter {
    let root: RootDirectory
    let owner: FileOwner?
    let mode: FileModeChange?
    let fixedTime: Int64?
    let checkpoint: () throws -> Void
    var origin = CopySource.Origin.context
    var summary = CopySummary()
    /// Where a file with several names was put first, by device and inode.
    var links: [FileIdentity: (directory: FileName, name: FileName)] = [:]

    struct FileIdentity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// Directories that a destination needs and no source gives: the permissions of an octal `--chmod` hold for them too,
    /// as in BuildKit.
    private var plainMode: UInt32 { (mode?.octal ?? 0o755) & 0o777 }

    init(
        root: RootDirectory, owner: FileOwner?, mode: FileModeChange?, fixedTime: Int64?,
        checkpoint: @escaping () throws -> Void
    ) {
        self.root = root
        self.owner = owner
        self.mode = mode
        self.fixedTime = fixedTime
        self.checkpoint = checkpoint
    }

    private func owner(for status: FileStatus) -> FileOwner {
        if let owner { return owner }
        return switch origin {
        case .context: .root
        case .image: FileOwner(uid: status.uid, gid: status.gid)
        }
    }

    func setTimes(_ name: FileName, at: Handle, from status: FileStatus) throws(SystemError) {
        let fixed = fixedTime.map { FileTime(seconds: $0, nanoseconds: 0) }
        try Kernel.setTimes(name, at: at, accessed: fixed ?? status.accessed, modified: fixed ?? status.modified)
    }

    /// Makes the missing parts of a destination; gives what was made, outermost first. `--chmod` says nothing about what
    /// an archive is unpacked into.
    mutating func makeMissing(
        _ location: inout RootDirectory.Location, butLast: Bool = false, forArchive: Bool = false
    ) throws -> [(parent: Handle, name: FileName)] {
        if let leaf = location.leaf { throw SystemError(call: "enter", path: leaf.text, code: ENOTDIR) }
        var made: [(parent: Handle, name: FileName)] = []
        while location.missing.count > (butLast ? 1 : 0) {
            let name = location.missing.removeFirst()
            let parent = location.deepest
            try location.makeDirectory(name, mode: forArchive ? 0o755 : plainMode, owner: owner)
            made.append((parent, name))
            summary.directories += 1
        }
        return made
    }

    /// Takes over a source's directory: made or, where one exists, given the source's owner and mode.
    mutating func takeDirectory(
        _ name: FileName, in parent: Handle, at path: FileName, from source: CopyTarget.Origin
    ) throws -> Handle {
        if let status = try Kernel.status(name, at: parent) {
            guard status.kind == .directory else {
                throw SandboxError.request("cannot copy a directory onto \(path.text), which is not a directory")
            }
        } else {
            try Kernel.makeDirectory(name, at: parent, mode: 0o700)
            summary.directories += 1
        }
        let directory = try Kernel.openDirectory(name, at: parent)
        try finish(directory, path: path, from: source.status, attributesOf: source.directory)
        return directory
    }

    /// Owner before mode, mode before attributes: each would undo what comes after it.
    private func finish(_ made: Handle, path: FileName, from status: FileStatus, attributesOf source: Handle?) throws {
        try Kernel.chown("", at: made, owner(for: status))
        let bits = mode?.apply(to: status.mode, isDirectory: status.kind == .directory) ?? status.mode
        try Kernel.changeMode(of: made, bits, path.text)
        if let source, case .image = origin { FileAttributes.copy(from: source, to: made) }
    }

    /// Copies anything but a directory to `name`, replacing what is there unless that is a directory.
    mutating func copy(
        _ source: FileName, in sourceDirectory: Handle, status: FileStatus, to name: FileName, in parent: Handle,
        at path: FileName
    ) throws {
        try clear(name, in: parent, at: path)
        switch status.kind {
        case .file:
            try copyFile(source, in: sourceDirectory, status: status, to: name, in: parent, at: path)
        case .link:
            let target = try Kernel.readLink(source, at: sourceDirectory)
            try Kernel.check(unsafe symlinkat(target.bytes, parent.raw, name.bytes), "make the link", path.text)
            try Kernel.chown(name, at: parent, owner(for: status))
            try setTimes(name, at: parent, from: status)
        case .directory, .fifo, .socket, .characterDevice, .blockDevice:
            try makeSpecial(name, in: parent, at: path, like: status)
        }
        summary.files += 1
    }

    private func clear(_ name: FileName, in parent: Handle, at path: FileName) throws {
        guard let present = try Kernel.status(name, at: parent) else { return }
        guard present.kind != .directory else {
            throw SandboxError.request("cannot replace the directory \(path.text)/\(name.text) by a file")
        }
        try Kernel.remove(name, at: parent)
    }

    private mutating func copyFile(
        _ source: FileName, in sourceDirectory: Handle, status: FileStatus, to name: FileName, in parent: Handle,
        at path: FileName
    ) throws {
        let identity = FileIdentity(device: status.device, inode: status.inode)
        let several = if case .image = origin { status.links > 1 } else { false }
        if several, let first = links[identity] {
            let directory = try root.open(first.directory, flags: O_RDONLY | O_DIRECTORY)
            return try Kernel.link(first.name, at: directory, to: name, newAt: parent)
        }
        let from = try Kernel.open(source, at: sourceDirectory, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        guard try Kernel.status(of: from).kind == .file else {
            throw SandboxError.request("the source \(source.text) was changed while it was copied")
        }
        let made = try Kernel.open(
            name, at: parent, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        try Kernel.copyContent(from: from, to: made, size: status.size) { count in
            summary.bytes += count
            try checkpoint()
        }
        try finish(made, path: path, from: status, attributesOf: from)
        try setTimes("", at: made, from: status)
        if several { links[identity] = (path, name) }
    }

    /// Devices and fifos as they are; a socket becomes an empty file, as in BuildKit.
    private func makeSpecial(_ name: FileName, in parent: Handle, at path: FileName, like status: FileStatus) throws {
        let type: UInt32 =
            switch status.kind {
            case .fifo: S_IFIFO
            case .characterDevice: S_IFCHR
            case .blockDevice: S_IFBLK
            default: S_IFREG
            }
        try Kernel.checkShim(
            unsafe linux_mknodat(
                parent.raw, name.bytes, type | 0o600, linux_major(status.special), linux_minor(status.special)),
            "make the device", path.text)
        try Kernel.chown(name, at: parent, owner(for: status))
        let bits = mode?.apply(to: status.mode, isDirectory: false) ?? status.mode
        try Kernel.changeMode(name, at: parent, bits)
        try setTimes(name, at: parent, from: status)
    }

    /// A file whose content is given.
    mutating func write(_ content: [UInt8], to name: FileName, in parent: Handle, at path: FileName) throws {
        try clear(name, in: parent, at: path)
        let plain = CopyRequest.InlineFile.mode
        let bits = mode?.apply(to: plain, isDirectory: false) ?? plain
        try Kernel.writeFile(name, at: parent, content, mode: bits)
        try Kernel.chown(name, at: parent, owner ?? .root)
        try Kernel.changeMode(name, at: parent, bits)
        if let status = try Kernel.status(name, at: parent) { try setTimes(name, at: parent, from: status) }
        summary.files += 1
        summary.bytes += Int64(content.count)
    }
}
