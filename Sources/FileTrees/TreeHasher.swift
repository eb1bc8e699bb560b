// Hashes files and trees on disk, on several threads, with or without an index of what was hashed before.
import Glibc
import Synchronization
package import SystemPackage
import Threads

// Safety: C strings live only for the call.

package struct TreeHasher: Sendable {
    private let threadCount: Int
    let index: FileIndex?
    private let progress: HashProgress?

    /// `threadCount`: usable cores are best for what is in memory.
    package init(threadCount: Int = 1, index: FileIndex? = nil, progress: HashProgress? = nil) {
        self.threadCount = max(1, threadCount)
        self.index = index
        self.progress = progress
    }

    /// Hashes all files below `path`, which may be a link to a folder; below it, links are read and not followed. The
    /// result does not depend on the number of threads. Throws `FileTreeError`: at a socket, fifo or device, at what
    /// cannot be read, and at a file that changes again and again while it is read.
    package func tree(_ path: FilePath) throws -> HashedTree {
        HashedTree(top: try walk(try DiskFolder(path), .all, .paths), path: path.string)
    }

    func walk(
        _ root: consuming DiskFolder, _ reading: TreeWalk.Reading, _ order: WalkedFolder.Order
    ) throws(FileTreeError) -> WalkedFolder {
        try walk(root, reading, order, only: nil)
    }

    /// Only what stands at `name` in the folder `root`, which is no folder.
    func walk(
        _ root: consuming DiskFolder, only name: PathBytes, _ reading: TreeWalk.Reading
    ) throws(FileTreeError) -> WalkedFolder {
        try walk(root, reading, .names, only: name)
    }

    private func walk(
        _ root: consuming DiskFolder, _ reading: TreeWalk.Reading, _ order: WalkedFolder.Order, only name: PathBytes?
    ) throws(FileTreeError) -> WalkedFolder {
        let snapshot = reading.isSomethingRead ? index?.snapshot() : nil
        let threads = name == nil ? threadCount : 1
        let walk = TreeWalk(
            root, reading, order, only: name, threadCount: threads, index: snapshot, progress: progress)
        defer { if let snapshot { index?.remember(walk.read, since: snapshot) } }
        try walk.run()
        return walk.top
    }

    /// What stands at a path that somebody named.
    package enum Named: Sendable, Equatable {
        case file(ContentDigest, byteCount: Int64)
        /// To be hashed as a tree.
        case folder
    }

    /// Hashes files by their paths, in any number; links are followed, as these were named one by one. A fault is that of
    /// its path alone.
    package func files(_ paths: [PathBytes]) -> [Result<Named, FileTreeError>] {
        let snapshot = index?.snapshot()
        let starts = stride(from: 0, to: paths.count, by: TreeWalk.batchCount)
        // The stack gives the last first.
        let stack = WorkStack(starts.map { $0..<min($0 + TreeWalk.batchCount, paths.count) }.reversed())
        let results = Mutex([Result<Named, FileTreeError>](repeating: .success(.folder), count: paths.count))
        let found = Mutex<[(identity: FileIdentity, digest: ContentDigest)]>([])
        stack.run(on: min(threadCount, (paths.count + TreeWalk.batchCount - 1) / TreeWalk.batchCount)) {
            var reader = FileReader(index: snapshot, progress: progress)
            while let range = stack.take() {
                var batch: [Result<Named, FileTreeError>] = []
                for path in paths[range] { batch.append(Self.named(path, &reader)) }
                results.withLock { $0.replaceSubrange(range, with: batch) }
                progress?.add(fileCount: range.count)
                stack.done()
            }
            found.withLock { $0 += reader.found }
        }
        if let snapshot { index?.remember(found.withLock { $0 }, since: snapshot) }
        return results.withLock { $0 }
    }

    private static func named(_ path: PathBytes, _ reader: inout FileReader) -> Result<Named, FileTreeError> {
        let text = (path + [0]).map { CChar(bitPattern: $0) }
        do throws(FileReader.Fault) {
            return try unsafe text.withUnsafeBufferPointer { text throws(FileReader.Fault) in
                guard let name = text.baseAddress else { throw .changed }
                let identity = try unsafe FileReader.identity(of: name, in: AT_FDCWD, isFollowed: true)
                if DiskStatus.Kind(mode: identity.mode) == .directory { return .success(.folder) }
                let (hashed, digest) = try unsafe reader.hash(name, in: AT_FDCWD, isFollowed: true)
                return .success(.file(digest, byteCount: hashed.byteCount))
            }
        } catch {
            return .failure(error.at(GoPath.text(path)))
        }
    }
}
