// Contents of files that were fetched before they are read: one conversation with git for all, not one for each.
import FileTrees
import Synchronization

/// By blob id, so that files of equal content are held once.
final class ExpectedFiles: Sendable {
    /// Files fetched, over the life of one value; others are read one by one.
    static let countMax = 20_000
    /// Bytes of one file, and of all.
    static let fileBytesMax = 1 << 20
    static let bytesMax = 64 << 20

    private struct State {
        var contents: [ObjectID: [UInt8]] = [:]
        var byteCount = 0
    }

    private let state = Mutex(State())

    subscript(id: ObjectID) -> [UInt8]? { state.withLock { $0.contents[id] } }

    /// Fetches what is not here yet. What can't be had is left to whoever reads it.
    func fetch(_ files: [TreeFile], from commit: CommitFiles) {
        var wanted: Set<ObjectID> = []
        let missing = state.withLock { state in
            files.filter { state.contents[$0.id] == nil && wanted.insert($0.id).inserted }
                .prefix(max(0, Self.countMax - state.contents.count))
        }
        guard missing.count > 1 else { return }
        var sink = ContentSink(bytesLeft: Self.bytesMax - state.withLock(\.byteCount))
        try? commit.read(Array(missing), into: &sink)
        state.withLock { state in
            // After an error, those before it are here.
            for (file, content) in zip(missing, sink.contents) {
                guard let content else { continue }
                state.contents[file.id] = content
                state.byteCount += content.count
            }
        }
    }
}

/// Keeps each content, nil for one that is too large.
private struct ContentSink: FileSink {
    var bytesLeft: Int
    var contents: [[UInt8]?] = []
    private var content: [UInt8]?

    init(bytesLeft: Int) { self.bytesLeft = bytesLeft }

    mutating func begin(_ index: Int, byteCount: Int) {
        content = byteCount <= min(bytesLeft, ExpectedFiles.fileBytesMax) ? [] : nil
        content?.reserveCapacity(byteCount)
        if content != nil { bytesLeft -= byteCount }
    }

    mutating func take(_ piece: RawSpan) { unsafe piece.withUnsafeBytes { unsafe content?.append(contentsOf: $0) } }
    mutating func end() { contents.append(content) }
}
