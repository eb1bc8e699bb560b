// Walks a folder on several threads: lists it, looks at its files, and hashes those that are wanted.
import Glibc
import Synchronization
import Threads

// Safety: names live in arrays of folders that outlive the walk; descriptors are closed by the one owner that they have.

/// Folders are opened from the root by their path, files by their name in an open folder; no link is followed.
final class TreeWalk: Sendable {
    /// Bytes of the names of all files and folders.
    static let nameBytesMax = 1 << 30
    /// Files that one thread takes at a time.
    static let batchCount = 64
    /// Files that all threads together hold open while the disk is asked for them.
    private static let askedMax = 256

    /// Which files are read; all are looked at.
    enum Reading: Sendable {
        case all, nothing
        /// Those at paths, from the walk's root, that are in the set.
        case some(Set<PathBytes>)

        var isSomethingRead: Bool { if case .nothing = self { false } else { true } }
    }

    private enum Work: Sendable {
        case folder(WalkedFolder)
        case files(OpenedFolder, Range<Int>)
    }

    /// A listed folder, held open until its files are done.
    private final class OpenedFolder: Sendable {
        let descriptor: Int32
        let folder: WalkedFolder
        let files: [UInt32]

        init(_ descriptor: Int32, _ folder: WalkedFolder) {
            self.descriptor = descriptor
            self.folder = folder
            files = folder.filesByInode()
        }

        deinit { close(descriptor) }
    }

    private let root: DiskFolder
    /// The one entry of the root that counts, and is no folder; nil: all.
    private let only: PathBytes?
    private let reading: Reading
    private let order: WalkedFolder.Order
    private let threadCount: Int
    private let index: FileIndex.Snapshot?
    private let progress: HashProgress?
    private let stack: WorkStack<Work>
    private let failure = Mutex<FileTreeError?>(nil)
    private let entryCount = Atomic(0)
    private let nameBytes = Atomic(0)
    private let found = Mutex<[(identity: FileIdentity, digest: ContentDigest)]>([])
    let top = WalkedFolder(path: [], depth: 0)

    init(
        _ root: consuming DiskFolder, _ reading: Reading, _ order: WalkedFolder.Order, only: PathBytes?,
        threadCount: Int, index: FileIndex.Snapshot?, progress: HashProgress?
    ) {
        self.root = root
        self.only = only
        self.reading = reading
        self.order = order
        self.threadCount = threadCount
        self.index = index
        self.progress = progress
        stack = WorkStack([.folder(top)])
    }

    /// What may be remembered: files that were read, and were settled before.
    var read: [(identity: FileIdentity, digest: ContentDigest)] { found.withLock { $0 } }

    /// Throws the first fault that a thread came to; the others stop then.
    func run() throws(FileTreeError) {
        stack.run(on: threadCount) { [self] in work() }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func work() {
        var reader = FileReader(index: index, progress: progress)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: FolderListing.bufferBytes, alignment: 8)
        defer { unsafe buffer.deallocate() }
        while let work = stack.take() {
            do throws(FileTreeError) {
                switch work {
                case .folder(let folder): try unsafe list(folder, buffer, &reader)
                case .files(let opened, let range): try hash(range, in: opened, &reader)
                }
            } catch {
                failure.withLock { $0 = $0 ?? error }
                stack.stop()
            }
            stack.done()
        }
        found.withLock { $0 += reader.found }
    }

    private func list(
        _ folder: WalkedFolder, _ buffer: UnsafeMutableRawBufferPointer, _ reader: inout FileReader
    ) throws(FileTreeError) {
        let text = path(folder.path)
        let descriptor = try root.descriptor(ofFolder: folder.path)
        var listing = FolderListing(of: descriptor, path: text)
        do throws(FileTreeError) {
            if let only {
                try listing.add(only, 0, kind: 0)
            } else {
                try unsafe listing.read(buffer)
            }
            try count(listing)
            guard listing.folders.isEmpty || folder.depth + 1 < FileTree.depthMax else {
                throw .tooDeep(path: text, limit: FileTree.depthMax)
            }
        } catch {
            close(descriptor)
            throw error
        }
        let children = listing.folders.map { name in
            let path = folder.path.isEmpty ? name : folder.path + [GoPath.slash] + name
            return WalkedFolder(path: path, depth: folder.depth + 1)
        }
        folder.fill(names: listing.names, entries: listing.entries, children: children, targets: listing.targets)
        try hashFiles(of: OpenedFolder(descriptor, folder), &reader)
        folder.sort(order)
    }

    /// The first batch is for this thread. Others may take the rest, before they open further folders: so few are open.
    private func hashFiles(of opened: OpenedFolder, _ reader: inout FileReader) throws(FileTreeError) {
        stack.add(opened.folder.children.map { .folder($0) })
        let starts = stride(from: Self.batchCount, to: opened.files.count, by: Self.batchCount)
        stack.add(starts.map { .files(opened, $0..<min($0 + Self.batchCount, opened.files.count)) })
        try hash(0..<min(Self.batchCount, opened.files.count), in: opened, &reader)
    }

    private func count(_ listing: FolderListing) throws(FileTreeError) {
        let entries = entryCount.add(listing.entries.count, ordering: .relaxed).newValue
        guard entries <= FileTree.filesMax else { throw .tooManyFiles(limit: FileTree.filesMax) }
        let bytes = nameBytes.add(listing.names.count, ordering: .relaxed).newValue
        guard bytes <= Self.nameBytesMax else { throw .tooManyNames(bytesMax: Self.nameBytesMax) }
    }

    /// What is in memory first; meanwhile the disk is asked for the rest.
    private func hash(
        _ range: Range<Int>, in opened: OpenedFolder, _ reader: inout FileReader
    ) throws(FileTreeError) {
        var asked: [(place: Int, waiting: FileReader.Waiting)] = []
        defer { for (_, waiting) in asked { FileReader.abandon(waiting) } }
        for place in opened.files[range].lazy.map(Int.init) {
            try named(place, in: opened.folder) { () throws(FileReader.Fault) in
                if let waiting = try look(place, in: opened, &reader) { asked.append((place, waiting)) }
            }
            if asked.count * threadCount >= Self.askedMax { try end(&asked, in: opened, &reader) }
        }
        try end(&asked, in: opened, &reader)
        progress?.add(fileCount: range.count)
    }

    /// The files that were asked for, in the order of asking.
    private func end(
        _ asked: inout [(place: Int, waiting: FileReader.Waiting)], in opened: OpenedFolder, _ reader: inout FileReader
    ) throws(FileTreeError) {
        asked.reverse()
        while let (place, waiting) = asked.popLast() {
            try named(place, in: opened.folder) { () throws(FileReader.Fault) in
                try keep(try reader.end(waiting), place, in: opened, &reader)
            }
        }
    }

    /// Adds the path to a fault.
    private func named(
        _ place: Int, in folder: WalkedFolder, _ body: () throws(FileReader.Fault) -> Void
    ) throws(FileTreeError) {
        do throws(FileReader.Fault) {
            try body()
        } catch {
            throw error.at(path(folder.path(of: folder.entry(place))))
        }
    }

    private func look(
        _ place: Int, in opened: OpenedFolder, _ reader: inout FileReader
    ) throws(FileReader.Fault) -> FileReader.Waiting? {
        let entry = opened.folder.entry(place)
        let text = unsafe opened.folder.text(of: entry)
        guard isWanted(entry, in: opened.folder) else {
            let identity = try unsafe FileReader.identity(of: text, in: opened.descriptor)
            guard identity.isFile else { throw .changed }
            opened.folder.set(place, identity: identity, digest: nil)
            return nil
        }
        let attempt = try unsafe reader.begin(text, in: opened.descriptor)
        if case .asked(let waiting) = attempt { return waiting }
        try keep(attempt, place, in: opened, &reader)
        return nil
    }

    private func keep(
        _ attempt: FileReader.Attempt, _ place: Int, in opened: OpenedFolder, _ reader: inout FileReader
    ) throws(FileReader.Fault) {
        guard case .hashed(let identity, let digest) = attempt else {
            let text = unsafe opened.folder.text(of: opened.folder.entry(place))
            let (identity, digest) = try unsafe reader.hash(text, in: opened.descriptor)
            return opened.folder.set(place, identity: identity, digest: digest)
        }
        opened.folder.set(place, identity: identity, digest: digest)
    }

    private func isWanted(_ entry: WalkedEntry, in folder: WalkedFolder) -> Bool {
        switch reading {
        case .all: true
        case .nothing: false
        case .some(let paths): paths.contains(folder.path(of: entry))
        }
    }

    private func path(_ path: PathBytes) -> String { path.isEmpty ? root.path : root.path + "/" + GoPath.text(path) }
}
