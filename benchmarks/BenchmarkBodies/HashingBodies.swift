// Hashing: contents of blobs, names of stages, checksums of trees.
import Digests
import FileTrees

extension BenchmarkBody {
    package static var hashing: [BenchmarkBody] {
        [sha256Bulk, sha256Small, sha3Each, sha3Batched, treeListing, treeOnDisk]
    }

    private static let sha256Bulk = BenchmarkBody("sha256-bulk", 1 << 20, .bytes) {
        var seeded = SeededBytes(seed: 1)
        let bytes = seeded.noise(1 << 20)
        return { keep(BlobDigest(of: bytes)) }
    }

    private static let sha256Small = BenchmarkBody("sha256-small", 1000, .digests) {
        var seeded = SeededBytes(seed: 2)
        let inputs = (0..<1000).map { _ in seeded.noise(64) }
        return { for input in inputs { keep(BlobDigest(of: input)) } }
    }

    private static let sha3Each = BenchmarkBody("sha3-224-each", 1000, .digests) {
        let stages = stageParts(1000)
        return { for parts in stages { keep(StageDigest(of: parts)) } }
    }

    private static let sha3Batched = BenchmarkBody("sha3-224-batched", 1000, .digests) {
        let stages = stageParts(1000)
        return {
            var texts = JoinedTexts()
            for parts in stages {
                for part in parts { texts.add(part) }
                texts.endText()
            }
            keep(texts.stageDigests())
        }
    }

    /// What a stage of a Dockerfile is named after: about 200 bytes each.
    static func stageParts(_ count: Int) -> [[String]] {
        (0..<count).map { index in
            let parent = JoinedHash.sha3(["\(index)"])
            let command = "apt-get update && apt-get install --yes package-\(index) && rm -rf /var/lib/apt/lists/*"
            return [parent, "RUN", command]
        }
    }

    private static let treeListing = BenchmarkBody("tree-listing", treeFiles, .files) {
        let tree = try listedTree()
        let matcher = try IncludeGlobs(["**/*.swift", "docs", "folder-7*"])
        return {
            let checksum = try TreeChecksum.lsTree(tree, matcher: matcher)
            guard checksum.utf8.count == 64 else { throw WrongResult(description: "no file of the tree was selected") }
        }
    }

    private static let diskFiles = 400

    // Not counted: valgrind 3.19 has no openat2(2).
    private static let treeOnDisk = BenchmarkBody("tree-on-disk", diskFiles, .files, isCounted: false) {
        let tree = try ScratchTree.ofSmallFiles(diskFiles)
        let hasher = TreeHasher(threadCount: 1)
        return { keep(try hasher.tree(tree.path)) }
    }

    private static let (folders, filesInEach) = (40, 50)
    private static let treeFiles = folders * filesInEach

    /// A commit's tree as git's objects describe it: 40 folders of 50 files.
    private static func listedTree() throws -> FileTree {
        var seeded = SeededBytes(seed: 3)
        var builder = FileTreeBuilder()
        var ids = (0...folders).map { _ in seeded.noise(20) }
        guard let rootBytes = ids.popLast(), let rootID = ObjectID(bytes: rootBytes) else {
            throw WrongResult(description: "twenty bytes are no object id")
        }
        let root = builder.reserve(rootID, source: 0).directory
        let object = ids.enumerated().flatMap { Array("40000 folder-\($0.offset + 10)\0".utf8) + $0.element }
        let reserved = try builder.define(root, treeObject: object[...]) { _, _, _ in nil }
        for folder in reserved {
            let files = (0..<filesInEach).map { file in
                Array("100644 file-\(file + 10).\(file.isMultiple(of: 3) ? "swift" : "txt")\0".utf8) + seeded.noise(20)
            }
            _ = try builder.define(folder.directory, treeObject: files.flatMap { $0 }[...]) { _, _, _ in nil }
        }
        return try builder.finish(root: root)
    }
}
