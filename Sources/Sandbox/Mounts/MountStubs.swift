// Places for mounts in a root: made before a run, taken away after it, as BuildKit does.
import Glibc

/// Empty files and directories that only serve as mount points. They are remembered by the descriptor of their parent,
/// so that whatever a step put in their place, nothing outside the root can be touched (CVE-2024-23652).
struct MountStubs {
    private struct Stub {
        let parent: Handle
        let name: FileName
        let status: FileStatus
        /// The parent's state before and after the stub was made: its times are no trace of the step.
        let before: FileStatus
        let after: FileStatus
    }

    private let root: RootDirectory
    private var stubs: [Stub] = []

    init(in root: RootDirectory) { self.root = root }

    /// Makes what is missing of `target`, and gives its path with all links resolved. What `stays` is no stub: it is
    /// part of the step's layer.
    mutating func prepare(
        _ target: String, directory: Bool, mode: UInt32 = 0o755, stays: Bool = false
    ) throws -> String {
        var location = try root.locate(try FileName(target))
        if location.exists {
            guard location.isDirectory == directory else {
                throw SandboxError.request(
                    "cannot mount a \(directory ? "directory" : "file") at \(target): "
                        + "the image has a \(directory ? "file" : "directory") there")
            }
            return location.text
        }
        let text = location.text
        let missing = location.missing
        for (index, name) in missing.enumerated() {
            let last = index == missing.count - 1
            try make(
                name, in: location.deepest, directory: directory || !last, mode: last ? mode : 0o755, stays: stays)
            if !last { try location.enter(name) }
        }
        return text
    }

    private mutating func make(
        _ name: FileName, in parent: Handle, directory: Bool, mode: UInt32, stays: Bool
    ) throws {
        let before = try Kernel.status(of: parent)
        if directory {
            try Kernel.makeDirectory(name, at: parent, mode: mode)
            try Kernel.changeMode(name, at: parent, mode)
            if stays {
                // The moment at which it was made is no part of the step: equal steps give equal layers.
                let fixed = FileTime(seconds: 0, nanoseconds: 0)
                return try Kernel.setTimes(name, at: parent, accessed: fixed, modified: fixed)
            }
        } else {
            try Kernel.writeFile(name, at: parent, [], mode: 0o644)
        }
        guard let status = try Kernel.status(name, at: parent) else { return }
        let after = try Kernel.status(of: parent)
        stubs.append(Stub(parent: parent, name: name, status: status, before: before, after: after))
    }

    /// Removes the stubs that are still what was made, and empty. Gives what could not be removed.
    mutating func remove() -> [String] {
        var kept: [String] = []
        while let stub = stubs.popLast() {
            do { try Self.remove(stub) } catch { kept.append("\(stub.name.text): \(error)") }
        }
        return kept
    }

    private static func remove(_ stub: Stub) throws(SystemError) {
        guard let now = try Kernel.status(stub.name, at: stub.parent), now.inode == stub.status.inode,
            now.kind == stub.status.kind, now.kind == .directory || now.size == 0
        else { return }
        let parent = try Kernel.status(of: stub.parent)
        do {
            try Kernel.remove(stub.name, at: stub.parent, directory: now.kind == .directory)
        } catch {
            if error.code == ENOTEMPTY || error.code == EEXIST { return }
            throw error
        }
        let times = parent.modified == stub.after.modified ? stub.before : parent
        try Kernel.setTimes("", at: stub.parent, accessed: times.accessed, modified: times.modified)
    }
}
