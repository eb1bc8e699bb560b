// A directory that is written to: found, or made when the first thing goes into it.
import Glibc

/// One directory of the destination. With `--exclude` and `--parents` it is unknown at first whether it is wanted.
final class CopyTarget {
    /// What a directory copied from a source takes over from it.
    struct Origin {
        let directory: Handle
        let status: FileStatus
    }

    /// Resolved path below the root.
    let path: FileName
    private let parent: CopyTarget?
    private let name: FileName
    private let origin: Origin?
    private(set) var opened: Handle?

    init(_ handle: Handle, path: FileName) {
        (self.path, parent, name, origin, opened) = (path, nil, "", nil, handle)
    }

    init(_ name: FileName, in parent: CopyTarget, from origin: Origin) {
        path = FileName(content: parent.path.bytes.dropLast() + [47] + name.bytes.dropLast())
        (self.parent, self.name, self.origin, opened) = (parent, name, origin, nil)
    }

    /// Opens it, making it and what is above it as `copier` sees fit.
    func open(_ copier: inout CopyWriter) throws -> Handle {
        if let opened { return opened }
        guard let parent, let origin else { throw SystemError(call: "open", path: path.text, code: EBADF) }
        let above = try parent.open(&copier)
        let directory = try copier.takeDirectory(name, in: above, at: path, from: origin)
        opened = directory
        return directory
    }

    /// Times come last: every file made inside moves them.
    func finish(_ copier: CopyWriter) throws {
        guard let opened, let origin else { return }
        try copier.setTimes("", at: opened, from: origin.status)
    }
}
