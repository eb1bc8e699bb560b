// The folder of one stage while it is made; everything in it is gone when the stage ends.
import BlobStore
import Sandbox
import Synchronization
import SystemPackage

final class StagePlace: Sendable {
    let path: FilePath
    let upper: FilePath
    let work: FilePath
    let merged: FilePath
    private let mounts = Mutex<[FilePath]>([])
    private let counter = Mutex(0)

    init(in store: Store) throws {
        path = store.work.temporaryPath("stage")
        upper = path.appending("upper")
        work = path.appending("work")
        merged = path.appending("merged")
        for folder in [path, upper, work, merged] { try HostFolder.make(folder) }
        // The root of an image is open to everybody, whoever made the folder.
        try HostFolder.setMode(upper, 0o755)
    }

    /// A path in the folder that nothing bears yet.
    func unusedPath(_ kind: String) -> FilePath {
        let number = counter.withLock { number in
            number += 1
            return number
        }
        return path.appending("\(kind)-\(number)")
    }

    func makeFolder(_ kind: String) throws -> FilePath {
        let folder = unusedPath(kind)
        try HostFolder.make(folder)
        return folder
    }

    func unmountAtEnd(_ target: FilePath) { mounts.withLock { $0.append(target) } }

    /// Unmounts what was mounted and removes the folder. What can't be removed stays in the process's work area, which
    /// goes at its end.
    func remove() {
        for target in mounts.withLock({ $0 }).reversed() { try? Overlay.unmount(target.string) }
        HostFolder.removeTree(path)
    }
}
