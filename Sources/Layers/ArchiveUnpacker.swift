// Unpacks a local archive as a Dockerfile's ADD does: names that mean removal in a layer are ordinary here.
package import SystemPackage

package struct ArchiveUnpacker {
    private let limits: LayerLimits
    private let checkpoint: Checkpoint

    package init(limits: LayerLimits = .standard, checkpoint: @escaping Checkpoint = {}) {
        self.limits = limits
        self.checkpoint = checkpoint
    }

    /// True when the file is a tar archive with at least one entry, plain or in gzip, bzip2, xz or zstd; told by its
    /// contents as BuildKit does, never by its name. The descriptor's position stays.
    package func isArchive(_ descriptor: FileDescriptor) throws -> Bool {
        do {
            let reader = try open(descriptor)
            return try reader.next() != nil
        } catch let error as LayerError {
            switch error {
            case .damaged, .exceeded, .refused: return false
            case .system, .unfit, .wrongDiffID, .wrongLocale: throw error
            }
        }
    }

    /// Unpacks into `path` below the directory `root`, both resolved inside the root, missing directories made. What is
    /// there is merged with and, where it is no directory, replaced. An error leaves a part behind. The count of
    /// entries.
    @discardableResult
    package func extract(
        _ descriptor: FileDescriptor, into root: FileDescriptor, at path: [UInt8], owner: FileOwner? = nil
    ) throws -> Int64 {
        let entry = TarEntry(
            path: path, kind: .directory, permissions: 0, owner: 0, group: 0, modified: FileTime(seconds: 0))
        guard let names = EntryPath.names(path) else {
            throw LayerError.refused(entry: PathText.printable(path), reason: "it leads above the root")
        }
        let unpacker = Unpacker(
            root: try Directory(duplicating: root.rawValue), base: EntryPath.joined(names),
            form: .plain(owner: owner), limits: limits, checkpoint: checkpoint)
        _ = try unpacker.root.inside(unpacker.base) ?? unpacker.makeDirectories(unpacker.base, for: entry)
        return try unpacker.run(open(descriptor))
    }

    private func open(_ descriptor: FileDescriptor) throws -> TarReader {
        let source = ByteSource(fromStartOf: descriptor)
        return try TarReader(
            Compression.undone(source, allowed: Compression.allCases, limits: limits), limits: limits)
    }
}
