// The node's disk: blobs, layers, results of steps, the tags of local repos, and work areas, under one folder.
package import SystemPackage

/// Opening it makes the folders and a work area of this process. Any number of processes and threads use one folder at
/// the same time. Everything is written to the work area first and then renamed, so a process that is killed leaves
/// nothing half done elsewhere. All calls block; callers put them on threads of their own.
package final class Store: Sendable {
    package let root: FilePath
    package let blobs: BlobFolder
    package let layers: LayerFolder
    package let steps: StepFolder
    package let tags: TagFolder
    package let work: WorkArea
    package let pins: Pins

    /// `log` hears of damaged records, which count as absent.
    package init(root: FilePath, log: @escaping @Sendable (String) -> Void = { _ in }) throws {
        self.root = root
        for path in ["", "blobs", "blobs/sha256", "partial", "layers", "steps", "repos", "run", "trash"] {
            try Disk.makeDirectory(path.isEmpty ? root : root.appending(path))
        }
        work = try WorkArea.make(in: root.appending("run"))
        pins = Pins(root: root, work: work)
        blobs = BlobFolder(path: root.appending("blobs/sha256"), partials: root.appending("partial"), work: work)
        layers = LayerFolder(path: root.appending("layers"), blobs: blobs, work: work, pins: pins, log: log)
        steps = StepFolder(path: root.appending("steps"), work: work, log: log)
        tags = TagFolder(path: root.appending("repos"), work: work, log: log)
        do {
            try blobs.removeOldPartials(now: UnixTime.seconds)
        } catch { log("old downloads can't be removed: \(error)") }
    }

    /// Work areas of processes that died: end what they still run, then call `remove` on each.
    package func reapDead() throws -> [AbandonedArea] { try AbandonedArea.all(in: root.appending("run")) }

    /// Removes this process's work area; the store is not used after it.
    package func close() throws { try work.close() }
}
