// Layers: tar, gzip and both digests of a tree in one pass.
import Layers
import SystemPackage

extension BenchmarkBody {
    package static var layers: [BenchmarkBody] {
        [gzipMembers, smallFiles, largeFile(cores: 1), largeFile(cores: 2), tarOnly]
    }

    private static let memberBytes = 4 << 20

    private static let gzipMembers = BenchmarkBody("gzip-members", memberBytes, .bytes) {
        var seeded = SeededBytes(seed: 4)
        let bytes = seeded.text(memberBytes)
        return {
            let gzip = unsafe GzipMembers(cores: 1) { unsafe keep($0) }
            try unsafe bytes.withUnsafeBytes { try unsafe gzip.append($0) }
            guard try gzip.finish().blobByteCount < Int64(memberBytes) else {
                throw WrongResult(description: "nothing was compressed")
            }
        }
    }

    private static let smallFileCount = 400

    private static let smallFiles = BenchmarkBody("layer-small-files", smallFileCount, .files) {
        let tree = try ScratchTree.ofSmallFiles(smallFileCount)
        return try writing(tree, entries: smallFileCount + ScratchTree.folderCount, cores: 1)
    }

    private static let largeBytes = 8 << 20

    private static func largeFile(cores: Int) -> BenchmarkBody {
        let name = cores == 1 ? "layer-large-file" : "layer-large-file-\(cores)-cores"
        return BenchmarkBody(name, largeBytes, .bytes, isCounted: cores == 1) {
            try writing(try large(), entries: 1, cores: cores)
        }
    }

    private static let tarOnly = BenchmarkBody("layer-summary", largeBytes, .bytes) {
        let tree = try large()
        let writer = LayerWriter(times: .fixed(0))
        return {
            guard try writer.summarize(tree.path).entryCount == 1 else { throw wrongEntries }
        }
    }

    private static func large() throws -> ScratchTree {
        try ScratchTree { tree in
            var seeded = SeededBytes(seed: 6)
            try tree.write("file", seeded.text(largeBytes))
        }
    }

    private static var wrongEntries: WrongResult { WrongResult(description: "entries of the layer and files differ") }

    private static func writing(_ tree: ScratchTree, entries: Int, cores: Int) throws -> () throws -> Void {
        let null = try FileDescriptor.open(FilePath("/dev/null"), .writeOnly)
        let writer = LayerWriter(times: .fixed(0))
        return {
            let layer = try writer.writeCompressed(tree.path, to: null, cores: cores)
            guard layer.summary.entryCount == Int64(entries) else { throw wrongEntries }
        }
    }
}
