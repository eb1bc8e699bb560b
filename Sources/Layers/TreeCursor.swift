// A place in a directory tree that holds one descriptor however deep it is, and the removal of a whole tree.
import SystemPackage

/// Goes down by name and up by `..`, checking that the way up is the way it came.
package final class TreeCursor {
    package private(set) var current: Directory
    private var above: [FileIdentity] = []

    package init(at directory: Directory) { current = directory }

    package func descend(_ name: [UInt8]) throws(LayerError) {
        let child = try current.child(name)
        above.append(try current.status().identity)
        current = child
    }

    package func ascend() throws(LayerError) {
        guard let identity = above.popLast() else { preconditionFailure("a cursor never leaves its tree") }
        current = try current.parent(expecting: identity)
    }
}

extension Directory {
    /// Removes `name` with all below it; links are removed, not followed. Nothing there is no error, nor is what
    /// somebody else removes at the same moment.
    package func removeTree(_ name: [UInt8]) throws(LayerError) {
        guard let status = try status(of: name) else { return }
        guard status.kind == .directory else { return try removed { () throws(LayerError) in try remove(name) } }
        guard let top = try existing({ () throws(LayerError) in try child(name) }) else { return }
        let cursor = TreeCursor(at: top)
        var levels = [(name: name, rest: try cursor.current.removeFiles())]
        while var level = levels.popLast() {
            if let next = level.rest.popLast() {
                levels.append(level)
                guard try existing({ () throws(LayerError) in try cursor.descend(next) }) != nil else { continue }
                levels.append((next, try cursor.current.removeFiles()))
            } else if levels.isEmpty {
                try removed { () throws(LayerError) in try removeDirectory(level.name) }
            } else {
                try cursor.ascend()
                try removed { () throws(LayerError) in try cursor.current.removeDirectory(level.name) }
            }
        }
    }

    /// Removes all but directories, whose names it returns.
    private func removeFiles() throws(LayerError) -> [[UInt8]] {
        var directories: [[UInt8]] = []
        for name in try names() {
            do { try remove(name) } catch .system(_, _, .isDirectory) {
                directories.append(name)
            } catch .system(_, _, .noSuchFileOrDirectory) { continue }
        }
        return directories
    }

    /// Nil when there is nothing.
    private func existing<Value>(_ body: () throws(LayerError) -> Value) throws(LayerError) -> Value? {
        do { return try body() } catch .system(_, _, .noSuchFileOrDirectory) { return nil }
    }

    private func removed(_ body: () throws(LayerError) -> Void) throws(LayerError) { _ = try existing(body) }
}
