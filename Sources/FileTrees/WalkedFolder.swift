// A folder as a walk found it: all names in one array of bytes, what is known of each entry in another.

/// An entry of a walked folder.
struct WalkedEntry {
    enum Kind: UInt8 { case file, folder, link }

    let nameStart: UInt32
    /// Without the zero byte that follows it.
    let nameCount: UInt32
    let kind: Kind
    /// Of a folder its place among the children, of a link that among the targets.
    let place: UInt32
    let inode: UInt64
    /// Of files: set when the walk comes to them.
    var identity: FileIdentity?
    /// Of files that were read.
    var digest: ContentDigest?
}

/// Listed once, by one thread, before any other learns of it.
// Safety: while files are hashed, each entry is touched by the one thread that took its range; `order` is written by the
// thread that listed the folder and read when all threads have ended.
@safe final class WalkedFolder: @unchecked Sendable {
    /// From the walk's root.
    let path: PathBytes
    let depth: Int
    private var names = unsafe UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    private var entries = unsafe UnsafeMutableBufferPointer<WalkedEntry>(start: nil, count: 0)
    private(set) var children: [WalkedFolder] = []
    private(set) var targets: [PathBytes] = []
    /// Entries as they are to be gone through.
    private var order: [UInt32] = []

    /// How the entries of a folder follow each other.
    enum Order: Sendable {
        /// By name, as bytes.
        case names
        /// So that the paths of all files come sorted: a folder as if its name ended with a slash.
        case paths
    }

    init(path: PathBytes, depth: Int) {
        self.path = path
        self.depth = depth
    }

    deinit {
        unsafe names.deallocate()
        unsafe entries.deallocate()
    }

    var count: Int { unsafe entries.count }

    func fill(names: [UInt8], entries: [WalkedEntry], children: [WalkedFolder], targets: [PathBytes]) {
        self.children = children
        self.targets = targets
        unsafe self.names = .allocate(capacity: names.count)
        _ = unsafe self.names.initialize(fromContentsOf: names)
        unsafe self.entries = .allocate(capacity: entries.count)
        _ = unsafe self.entries.initialize(fromContentsOf: entries)
    }

    func entry(_ index: Int) -> WalkedEntry { unsafe entries[index] }

    func set(_ index: Int, identity: FileIdentity, digest: ContentDigest?) {
        unsafe entries[index].identity = identity
        unsafe entries[index].digest = digest
    }

    /// With a zero byte at its end; lives as long as this folder.
    func text(of entry: WalkedEntry) -> UnsafePointer<CChar> {
        guard let base = unsafe names.baseAddress else { preconditionFailure("an entry without a name") }
        return unsafe UnsafeRawPointer(base + Int(entry.nameStart)).assumingMemoryBound(to: CChar.self)
    }

    func name(of entry: WalkedEntry) -> PathBytes { unsafe PathBytes(bytes(of: entry)) }

    private func bytes(of entry: WalkedEntry) -> UnsafeMutableBufferPointer<UInt8> {
        let start = Int(entry.nameStart)
        return unsafe UnsafeMutableBufferPointer(rebasing: names[start..<start + Int(entry.nameCount)])
    }

    /// Adds the entry's name to a path.
    func append(_ entry: WalkedEntry, to path: inout PathBytes) { unsafe path.append(contentsOf: bytes(of: entry)) }

    /// The path of an entry from the walk's root.
    func path(of entry: WalkedEntry) -> PathBytes {
        if path.isEmpty { return name(of: entry) }
        var full = PathBytes()
        full.reserveCapacity(path.count + 1 + Int(entry.nameCount))
        full += path
        full.append(GoPath.slash)
        append(entry, to: &full)
        return full
    }

    /// Entries in the order that was set; as they were found, before.
    var ordered: [UInt32] { order.isEmpty ? (0..<UInt32(count)).map { $0 } : order }

    func sort(_ order: Order) {
        let isEnded = order == .paths
        self.order = (0..<UInt32(count)).sorted { left, right in
            precedes(unsafe entries[Int(left)], unsafe entries[Int(right)], isEnded: isEnded)
        }
    }

    private func precedes(_ left: WalkedEntry, _ right: WalkedEntry, isEnded: Bool) -> Bool {
        let (ownStart, otherStart) = (Int(left.nameStart), Int(right.nameStart))
        let shared = Int(min(left.nameCount, right.nameCount))
        for offset in 0..<shared {
            let own = unsafe names[ownStart + offset]
            let other = unsafe names[otherStart + offset]
            if own != other { return own < other }
        }
        // Names end with a zero byte.
        func next(_ entry: WalkedEntry, _ start: Int) -> UInt8 {
            if entry.nameCount > shared { return unsafe names[start + shared] }
            return isEnded && entry.kind == .folder ? GoPath.slash : 0
        }
        return next(left, ownStart) < next(right, otherStart)
    }

    /// Files in the order of their inodes, which is nearly that of their bytes on disk.
    func filesByInode() -> [UInt32] {
        (0..<UInt32(count)).filter { entry(Int($0)).kind == .file }
            .sorted { entry(Int($0)).inode < entry(Int($1)).inode }
    }
}
