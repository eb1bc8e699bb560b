// Where the bytes of a tree's files come from, and who takes them: a file is a sequence of pieces, never a value.

/// Takes the files that were asked for, in order: `begin`, any number of `take`, `end`, for each.
package protocol FileSink {
    /// `index` counts the files that were asked for. `byteCount` is the size of the whole file.
    mutating func begin(_ index: Int, byteCount: Int) throws
    mutating func take(_ bytes: RawSpan) throws
    mutating func end() throws
}

/// Reads the files and links of a tree; a link's content is its target.
package protocol FileContents: Sendable {
    func read(_ files: [TreeFile], into sink: inout some FileSink) throws
}

/// Keeps what it is given, one array a file.
struct CollectingSink: FileSink {
    var contents: [[UInt8]] = []
    private var current: [UInt8] = []

    mutating func begin(_ index: Int, byteCount: Int) { current = [] }
    mutating func take(_ bytes: RawSpan) { unsafe bytes.withUnsafeBytes { unsafe current += $0 } }
    mutating func end() { contents.append(current) }
}

extension FileContents {
    /// Where links lead, in their order: up to a zero byte, as the kernel takes it, and no more than it would.
    package func linkTargets(of links: [TreeFile]) throws -> [PathBytes] {
        var sink = LinkTargetSink()
        try read(links, into: &sink)
        return sink.targets
    }
}

private struct LinkTargetSink: FileSink {
    /// PATH_MAX, with the final zero byte.
    private static let bytesMax = 4_096

    private(set) var targets: [PathBytes] = []
    private var current: PathBytes = []

    mutating func begin(_ index: Int, byteCount: Int) { current = [] }

    mutating func take(_ bytes: RawSpan) {
        let room = Self.bytesMax - current.count
        unsafe bytes.withUnsafeBytes { unsafe current += $0.prefix(room) }
    }

    mutating func end() { targets.append(PathBytes(current.prefix { $0 != 0 })) }
}
