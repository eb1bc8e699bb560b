// The lower directories of an overlay for a chain of layers, flattened where the chain is too long for the kernel.
import Cleaning
package import Digests
package import Layers
package import SystemPackage

extension LayerFolder {
    /// Lower directories of one mount; the kernel takes 500.
    package static let overlayLayersMax = 400
    /// Layers are flattened in blocks of this many, so that a chain that grows by one does not flatten anew each time.
    static let flattenedBlock = 200

    /// Paths for `lowerdir+`, top first. Layers below one whose top is opaque are left out, since overlayfs does not
    /// look at that mark on a top itself. Of equal layers only the upper one counts: it says the same about every path
    /// that the lower one touches, and overlayfs refuses a directory that is named twice (ELOOP).
    package func overlayLowerPaths(
        _ diffIDs: [BlobDigest], checkpoint: @escaping Checkpoint = {}
    ) throws -> [FilePath] {
        let flattenedCount = Self.flattenedCount(diffIDs.count)
        try pins.leaseLayers(diffIDs)
        var paths: [FilePath] = []
        var seen: Set<BlobDigest> = []
        for diffID in diffIDs.dropFirst(flattenedCount).reversed() where seen.insert(diffID).inserted {
            let layer = try known(diffID)
            paths.append(layer.path)
            if layer.isOpaque { return paths }
        }
        if flattenedCount > 0 {
            paths.append(try flattened(Array(diffIDs.prefix(flattenedCount)), checkpoint: checkpoint))
        }
        return paths
    }

    /// How many of a chain's lower layers are mounted as one.
    private static func flattenedCount(_ count: Int) -> Int {
        guard count > overlayLayersMax else { return 0 }
        return ((count - overlayLayersMax) / flattenedBlock + 1) * flattenedBlock
    }

    /// What a mount of `diffIDs` uses stays while the result lives. Ask for it before `overlayLowerPaths`.
    package func hold(_ diffIDs: [BlobDigest]) throws -> PinHold {
        let count = Self.flattenedCount(diffIDs.count)
        let flat = count == 0 ? [] : [Self.flatName(Array(diffIDs.prefix(count)))]
        return try pins.hold(layers: diffIDs, flat)
    }

    private static func flatName(_ diffIDs: [BlobDigest]) -> ItemName {
        ItemName(.flattened, flatPrefix + (BlobDigest.chain(diffIDs)?.hex ?? "empty"))
    }

    /// One directory with the files of all `diffIDs`, bottom first, whiteouts applied; kept by chain id. It stands for
    /// a chain's lower end: nothing may lie below it.
    package func flattened(_ diffIDs: [BlobDigest], checkpoint: @escaping Checkpoint = {}) throws -> FilePath {
        let name = Self.flatName(diffIDs)
        let chain = name.text
        try pins.lease([name])
        let target = path.appending(chain)
        if isOfThisBoot(target) { return target.appending(Self.filesName) }
        let lock = try FileLock.wait(path.appending(chain + ".lock"), checkpoint: checkpoint)
        defer { lock.removeFile() }
        if isOfThisBoot(target) { return target.appending(Self.filesName) }
        try TreeRemoval.remove(target)
        let temporary = work.temporaryPath("flat")
        try Disk.makeDirectory(temporary)
        do {
            try Disk.makeDirectory(temporary.appending(Self.filesName))
            let merger = LayerMerger(into: try Directory(temporary.appending(Self.filesName)), checkpoint)
            for diffID in diffIDs { try merger.add(Directory(path(diffID))) }
            try Disk.write(Array(Boot.current.utf8), to: temporary.appending(Self.bootName))
            try Disk.write(
                Array(diffIDs.map(\.hex).joined(separator: "\n").utf8), to: temporary.appending(Self.partsName))
            try Disk.rename(temporary, to: target)
        } catch {
            try? TreeRemoval.remove(temporary)
            throw error
        }
        return target.appending(Self.filesName)
    }

    static let flatPrefix = "flat-"
    static let bootName = "boot"
    /// Names the layers, so that a cleaner knows what it is made of.
    static let partsName = "layers"
    /// Bytes of that file: as many layers as a chain may have.
    static let partsBytesMax = 1 << 20
    private static let bootBytesMax = 64

    /// Its files are those of its layers, which were looked at when it was made. After a restart of the host neither
    /// they nor its own directories may be whole: it is made again, and its layers are looked at for that.
    private func isOfThisBoot(_ flat: FilePath) -> Bool {
        let boot = try? Disk.read(flat.appending(Self.bootName), atMost: Self.bootBytesMax)
        return boot == Array(Boot.current.utf8)
    }
}
