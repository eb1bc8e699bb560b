// Hashing trees on disk: the same as sha256sum and as contexts, on any number of threads, whatever the tree holds.
import Foundation
import SystemPackage
import Testing

@testable import FileTrees

@Suite struct `Hashed trees` {
    let sample: SampleTree

    init() throws { sample = try SampleTree() }

    private func hasher(_ threads: Int = 2) -> TreeHasher { TreeHasher(threadCount: threads) }

    private func lines(_ tree: HashedTree) -> [String] {
        var lines: [String] = []
        tree.forEachFile { lines.append("\($0.digest.hex)  ./\(GoPath.text($0.path))") }
        return lines
    }

    /// What sha256sum says of all regular files, sorted by path.
    private func reference() throws -> [String] {
        let program = Process()
        let output = Pipe()
        program.executableURL = URL(fileURLWithPath: "/bin/bash")
        program.arguments = ["-c", "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum"]
        program.currentDirectoryURL = sample.url
        program.standardOutput = output
        try program.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        program.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Files of sizes around those of buffers, and a folder of several batches.
    private func fill() throws {
        var source = SystemRandomNumberGenerator()
        let buffer = FileReader.bufferBytes
        for size in [0, 1, 63, 64, 4_096, buffer - 1, buffer, buffer + 1, 3 * buffer + 5] {
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &source) }
            try sample.write("sizes/\(size)", "")
            try Data(bytes).write(to: sample.url.appendingPathComponent("sizes/\(size)"))
        }
        for number in 0..<TreeWalk.batchCount * 3 + 7 { try sample.write("many/f\(number)", "number \(number)\n") }
        for name in ["a-", "a.", "a0", "a/zz", "many.x", "many-x"] { try sample.write(name + "/file", name) }
    }

    @Test func `files have sha256sum's hashes, sorted by path, on any number of threads`() throws {
        try fill()
        let reference = try reference()
        #expect(reference.count > 200)
        var hashes: Set<String> = []
        for threads in [1, 2, 3, 7] {
            let tree = try hasher(threads).tree(sample.folder)
            #expect(lines(tree) == reference)
            #expect(tree.fileCount == reference.count)
            hashes.insert(try tree.directoryHash())
        }
        #expect(hashes.count == 1)
    }

    @Test func `a folder's hash is that of a context`() throws {
        try fill()
        for (name, target) in [
            ("l-file", "a/x.txt"), ("l-absolute", "/a/x.txt"), ("l-out", "../../../../../b/run.sh"), ("l-folder", "b"),
            ("l-nothing", "nowhere"), ("l-round", "l-round"), ("b/l-up", "../a/y.txt"),
            ("b/l-through", "../l-folder/run.sh"),
            ("b/l-odd", "../z/../a/./x.txt"), ("b/l-behind", "../z/x"), ("l-chain", "b/l-through"),
        ] { try sample.link(name, to: target) }
        let cache = try SampleTree()
        let disk = try DiskTree(sample.folder)
        let files = try ContextFiles(disk.tree.files(), contents: disk)
        let hashes = try BlobHashes(cacheDirectory: cache.folder)
        let context = try ContextChecksum(files, contents: disk, hashes: hashes).directoryHash(of: [])
        #expect(try hasher().tree(sample.folder).directoryHash() == context)
    }

    @Test func `the hash of a small tree is Go's`() throws {
        #expect(
            try hasher().tree(sample.folder).directoryHash() == "h1:92zkxqHplYIhzHttULA9InFtfIFOs9JhVUklXHjedeE=")
    }

    @Test func `a link named by the user is followed, one below the root is not`() throws {
        let other = try SampleTree()
        try other.link("way", to: sample.folder.string)
        #expect(try lines(hasher().tree(other.folder.appending("way"))) == reference())
        #expect(try hasher().tree(other.folder).fileCount == 6)
    }

    @Test func `names that are not UTF-8, or hold a line break, are hashed`() throws {
        let odd: PathBytes = [0x66, 0xFF, 0xFE, UInt8(ascii: "\n"), 0x66]
        let text = (Array(sample.folder.string.utf8) + [GoPath.slash] + odd + [0]).map { CChar(bitPattern: $0) }
        try FileDescriptor.open(
            FilePath(platformString: text), .writeOnly, options: .create, permissions: .ownerReadWrite
        )
        .close()
        let tree = try hasher().tree(sample.folder)
        var paths: [PathBytes] = []
        tree.forEachFile { paths.append($0.path) }
        #expect(paths.contains(odd))
        #expect(throws: FileTreeError.newlineInName(sample.folder.string + "/f\u{FFFD}\u{FFFD}\nf")) {
            try tree.directoryHash()
        }
    }

    @Test func `a fifo or socket is an error that names it`() throws {
        try sample.makeFifo("b/pipe")
        #expect(throws: FileTreeError.specialFile(path: sample.folder.string + "/b/pipe", kind: "fifo")) {
            try hasher().tree(sample.folder)
        }
    }

    @Test func `folders may be nested to a bound, and their paths longer than the system takes`() throws {
        let name = String(repeating: "n", count: 200)
        let top = try sample.nest(Array(repeating: name, count: 60), file: "deep")
        var found: [PathBytes] = []
        try hasher().tree(top).forEachFile { found.append($0.path) }
        #expect(found.map(\.count) == [60 * 201 + 4])
        let deep = try sample.nest(Array(repeating: "d", count: FileTree.depthMax), file: "deep")
        #expect { try hasher().tree(deep) } throws: { error in
            if case .tooDeep(_, FileTree.depthMax)? = error as? FileTreeError { true } else { false }
        }
    }

    @Test func `a folder that is not there is an error`() {
        let missing = sample.folder.appending("nothing")
        #expect(throws: FileTreeError.system(operation: "open", path: missing.string, code: .noSuchFileOrDirectory)) {
            try hasher().tree(missing)
        }
    }

    @Test func `files named one by one are hashed, each with its own fault`() throws {
        try sample.makeFifo("pipe")
        let folder = sample.folder.string + "/"
        let results = hasher().files(["z", "link", "a", "nothing", "pipe"].map { Array((folder + $0).utf8) })
        #expect(try results[0].get() == .file(ContentDigest(of: Array("z\n".utf8)), byteCount: 2))
        #expect(try results[1].get() == .file(ContentDigest(of: Array("x\n".utf8)), byteCount: 2))
        #expect(try results[2].get() == .folder)
        #expect(
            results[3]
                == .failure(.system(operation: "looking up", path: folder + "nothing", code: .noSuchFileOrDirectory)))
        #expect(results[4] == .failure(.specialFile(path: folder + "pipe", kind: "fifo")))
    }

    @Test func `a file that says it is empty is read to its end`() throws {
        let results = hasher().files([Array("/proc/version".utf8)])
        let file = try #require(FileHandle(forReadingAtPath: "/proc/version"))
        let bytes = try file.readToEnd() ?? Data()
        #expect(bytes.count > 10)
        guard case .file(let digest, _) = try results[0].get() else { return #expect(Bool(false)) }
        #expect(digest == ContentDigest(of: Array(bytes)))
    }

    @Test func `many more files than one batch, named one by one`() throws {
        try fill()
        let names = (0..<TreeWalk.batchCount * 3).map { "many/f\($0)" }
        let results = hasher(3).files(names.map { Array((sample.folder.string + "/" + $0).utf8) })
        for (number, result) in results.enumerated() {
            let bytes = Array("number \(number)\n".utf8)
            #expect(try result.get() == .file(ContentDigest(of: bytes), byteCount: Int64(bytes.count)))
        }
    }
}
