// Places the entries of an archive inside one directory, whatever they say.
import CLinux
import Glibc
import SystemPackage

/// Names are resolved inside `root` by the kernel (openat2 with RESOLVE_IN_ROOT): neither `..`, nor an absolute name,
/// nor a link made by an earlier entry leads out of it. A name whose own `..` climb above the top is refused.
///
/// Devices are made as other engines make them: the folder of layers is closed to everybody but root, and a container's
/// device rules decide what may be opened; only 0/0, which overlayfs reads as "removed", is refused.
final class Unpacker {
    enum Form: Equatable {
        /// OCI layer to overlay upper: whiteouts become devices 0/0 and opaque marks attributes.
        case layer
        /// A plain archive; all files get `owner` if there is one.
        case plain(owner: FileOwner?)
    }

    let root: Directory
    let form: Form
    let limits: LayerLimits
    let checkpoint: Checkpoint
    /// Path below the root under which all entries go; no slash at either end, empty for the root.
    let base: [UInt8]
    /// The directory of the entry before, since entries of one directory stand together.
    var lastParent: (path: [UInt8], directory: Directory)?
    private var pendingTimes: [[UInt8]: FileTime] = [:]
    private var pendingBytes: Int64 = 0
    private var entryCount: Int64 = 0
    private var hardLinkCount: Int64 = 0
    private var fileBytes: Int64 = 0

    init(
        root: Directory, base: [UInt8] = [], form: Form, limits: LayerLimits, checkpoint: @escaping Checkpoint
    ) {
        self.root = root
        self.base = base
        self.form = form
        self.limits = limits
        self.checkpoint = checkpoint
    }

    /// Unpacks all entries; their count. The reader's rest is the caller's.
    func run(_ reader: TarReader) throws -> Int64 {
        while let entry = try reader.next() {
            try checkpoint()
            try count(entry)
            try place(entry, reader)
        }
        lastParent = nil
        try setPendingTimes()
        return entryCount
    }

    private func count(_ entry: TarEntry) throws(LayerError) {
        entryCount += 1
        try require(entryCount <= limits.entries, "the number of entries", limits.entries, entry)
        try require(entry.path.count <= limits.pathBytes, "the length of a path", Int64(limits.pathBytes), entry)
        switch entry.kind {
        case .hardLink(let target):
            hardLinkCount += 1
            try require(hardLinkCount <= limits.hardLinks, "the number of hard links", limits.hardLinks, entry)
            try require(target.count <= limits.pathBytes, "the length of a link", Int64(limits.pathBytes), entry)
        case .symbolicLink(let target):
            try require(target.count <= limits.pathBytes, "the length of a link", Int64(limits.pathBytes), entry)
        case .regular:
            // Not the sum at first: it could overflow.
            let rest = limits.archiveBytes - fileBytes
            try require(
                entry.size >= 0 && entry.size <= rest, "the size of its files in bytes", limits.archiveBytes, entry)
            fileBytes += entry.size
        case .directory, .fifo, .character, .block: break
        }
    }

    private func require(
        _ isWithin: Bool, _ limit: String, _ allowed: Int64, _ entry: TarEntry
    ) throws(LayerError) {
        guard isWithin else {
            throw .exceeded(limit: limit, allowed: allowed, entry: PathText.printable(entry.path))
        }
    }

    /// Writing into a directory changes its time, so directories get theirs at the end.
    func setTimeLater(_ path: [UInt8], _ time: FileTime) throws(LayerError) {
        if pendingTimes.updateValue(time, forKey: path) == nil { pendingBytes += Int64(path.count) }
        guard pendingBytes <= limits.pendingBytes else {
            throw .exceeded(
                limit: "the bytes of its directories' paths", allowed: limits.pendingBytes,
                entry: PathText.printable(path))
        }
    }

    private func setPendingTimes() throws {
        for (path, time) in pendingTimes {
            try checkpoint()
            // A later entry may have put something else there: then there is no time to set.
            guard let directory = try root.inside(path, followingLast: false) else { continue }
            try directory.file().setModified(time)
        }
    }
}

package struct FileOwner: Hashable, Sendable {
    package let user: UInt32
    package let group: UInt32

    package init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}
