// The folders of one stage while it is made; everything in them is gone when the stage ends.
import BlobStore
import Sandbox
import Synchronization
import SystemPackage

/// Folders are few on purpose: making and removing them is most of what a small stage costs.
final class StagePlace: Sendable {
    /// Becomes the layer's own folder in the store: holds `upper` and nothing else.
    let path: FilePath
    let upper: FilePath
    let work: FilePath
    let merged: FilePath
    private let store: Store
    private let mountPoints: MountPoints
    private let mounts = Mutex<[FilePath]>([])
    private let others = Mutex<[FilePath]>([])
    /// What is mounted stays in the store as long as it is.
    private let holds = Mutex<[PinHold]>([])

    init(in store: Store, mountPoints: MountPoints) throws {
        self.store = store
        self.mountPoints = mountPoints
        path = store.work.temporaryPath("stage")
        upper = path.appending(LayerFolder.filesName)
        work = store.work.temporaryPath("work")
        merged = try mountPoints.take(in: store)
        for folder in [path, upper, work] { try HostFolder.make(folder) }
        // The root of an image is open to everybody, whoever made the folder.
        try HostFolder.setMode(upper, 0o755)
    }

    /// A path that nothing bears yet; what is made there goes with the stage.
    func unusedPath(_ kind: String) -> FilePath {
        let path = store.work.temporaryPath(kind)
        others.withLock { $0.append(path) }
        return path
    }

    func makeFolder(_ kind: String) throws -> FilePath {
        let folder = unusedPath(kind)
        try HostFolder.make(folder)
        return folder
    }

    func hold(_ pins: PinHold) { holds.withLock { $0.append(pins) } }

    func unmountAtEnd(_ target: FilePath) { mounts.withLock { $0.append(target) } }

    /// Unmounts what was mounted and removes the folders: on `threads`, where nobody waits for it, or at once. What is
    /// left, or can't be removed, stays in the process's work area, which goes at its end.
    func remove(on threads: BlockingThreads? = nil) {
        for target in mounts.withLock({ $0 }).reversed() { try? Overlay.unmount(target.string) }
        holds.withLock { $0.removeAll() }
        mountPoints.giveBack(merged)
        let paths = others.withLock { $0 } + [work, path]
        guard let threads else { return paths.forEach(HostFolder.removeTree) }
        Task(executorPreference: threads) { paths.forEach(HostFolder.removeTree) }
    }
}

/// Empty folders to mount at, used again and again.
final class MountPoints: Sendable {
    private let free = Mutex<[FilePath]>([])

    func take(in store: Store) throws -> FilePath {
        if let known = free.withLock({ $0.popLast() }) { return known }
        let path = store.work.temporaryPath("merged")
        try HostFolder.make(path)
        return path
    }

    /// One at which something is still mounted is left to the end of the process.
    func giveBack(_ path: FilePath) {
        guard !HostFolder.isMountPoint(path) else { return }
        free.withLock { $0.append(path) }
    }
}
