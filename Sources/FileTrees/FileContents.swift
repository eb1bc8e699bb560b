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
