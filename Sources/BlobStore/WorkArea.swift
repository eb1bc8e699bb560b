// A process's own folder for what is not finished: whatever a killed process leaves behind lies in one place.
import Layers
package import SystemPackage

/// `run/<pid>-<random>/`, alive as long as the lock on its file `lock` is held.
package final class WorkArea: Sendable {
    package let path: FilePath
    private let lock: FileLock

    private init(path: FilePath, lock: FileLock) {
        self.path = path
        self.lock = lock
    }

    static let lockName = "lock"

    /// Both here and in `reapDead` one lock is held, so that nobody sees an area between its making and its locking.
    static func make(in run: FilePath) throws -> WorkArea {
        let gate = try FileLock.wait(run.appending(gateName)) {}
        defer { withExtendedLifetime(gate) {} }
        let path = run.appending("\(ProcessNumber.current)-\(Random.name())")
        try Disk.makeDirectory(path)
        guard let lock = try FileLock.take(path.appending(lockName)) else {
            throw StoreError.busy(what: path.string)
        }
        return WorkArea(path: path, lock: lock)
    }

    static let gateName = ".gate"

    /// A path in the area that nothing bears yet.
    package func temporaryPath(_ kind: String) -> FilePath { path.appending("\(kind)-\(Random.name())") }

    /// Removes the area with all that is in it. Its owner calls this at its end; after a crash a later process does.
    package func close() throws { try Self.remove(path) }

    /// What makes it an area goes last and under the gate: without its lock's file it would look like a dead one.
    static func remove(_ path: FilePath) throws {
        let lockName = Array(lockName.utf8)
        for name in try Directory(path).names() where name != lockName {
            try TreeRemoval.remove(path.appending(String(decoding: name, as: UTF8.self)))
        }
        let gate = try FileLock.wait(path.removingLastComponent().appending(gateName)) {}
        defer { withExtendedLifetime(gate) {} }
        try TreeRemoval.remove(path)
    }
}

/// The area of a process that is dead. While this object lives nobody else takes it.
package final class AbandonedArea: Sendable {
    package let path: FilePath
    private let lock: FileLock

    private init(path: FilePath, lock: FileLock) {
        self.path = path
        self.lock = lock
    }

    /// Areas whose lock is free.
    static func all(in run: FilePath) throws -> [AbandonedArea] {
        let gate = try FileLock.wait(run.appending(WorkArea.gateName)) {}
        defer { withExtendedLifetime(gate) {} }
        var found: [AbandonedArea] = []
        for name in try Directory(run).names().sorted(by: { $0.precedes($1) }) where !name.starts(with: ".".utf8) {
            let path = run.appending(String(decoding: name, as: UTF8.self))
            guard Disk.isDirectory(path), let lock = try FileLock.take(path.appending(WorkArea.lockName)) else {
                continue
            }
            found.append(AbandonedArea(path: path, lock: lock))
        }
        return found
    }

    /// Removes what the dead process left.
    package func remove() throws { try WorkArea.remove(path) }
}

enum TreeRemoval {
    /// Each means that somebody else was removing it at the same moment.
    private static let triesMax = 8

    /// Removes a directory or file of the store with all below it; nothing there is no error.
    static func remove(_ path: FilePath) throws { try remove(path, triesMax) }

    private static func remove(_ path: FilePath, _ tries: Int) throws {
        guard let name = path.lastComponent else { return }
        do {
            try Directory(path.removingLastComponent()).removeTree(Array(name.string.utf8))
        } catch LayerError.system(_, _, .noSuchFileOrDirectory) where tries > 1 {
            // The way up is gone, too.
            try remove(path, tries - 1)
        }
    }
}
