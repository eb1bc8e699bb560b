// Objects of one repository through a `git cat-file --batch-command` that is held open: requests go ahead of the answers.
package import FileTrees
import Glibc
import Synchronization
package import SystemPackage

// Safety: the read buffer is an array of the process object; the pieces handed out are spans of it.

/// Reads blobs, trees and commits. Calls from several threads take turns.
package final class ObjectReader: Sendable {
    /// Bytes of one object that `object` reads at once.
    package static let objectMax = 256 * 1_024 * 1_024

    private let git: GitProgram
    /// The work tree, or a submodule's.
    package let repository: FilePath
    private let process = Mutex<BatchProcess?>(nil)

    package init(_ git: GitProgram, repository: FilePath) {
        self.git = git
        self.repository = repository
    }

    /// The content of one object, which must be of the kind `type`.
    func object(_ id: ObjectID, type: String, limitBytes: Int = objectMax) throws -> [UInt8] {
        var sink = OneObjectSink(id: id, limitBytes: limitBytes)
        try read([id], type: type, into: &sink)
        return sink.bytes
    }

    /// The bytes of a blob, at most `limitBytes`.
    package func blob(_ id: ObjectID, limitBytes: Int = objectMax) throws -> [UInt8] {
        try object(id, type: "blob", limitBytes: limitBytes)
    }

    /// Gives every object to `sink`, in order. `firstIndex` is what the first is called there.
    func read(_ ids: [ObjectID], type: String, firstIndex: Int = 0, into sink: inout some FileSink) throws {
        if ids.isEmpty { return }
        try process.withLock { process in
            let batch = try process ?? BatchProcess(git, repository: repository)
            // After any error the conversation is out of step: the next call begins with a new process.
            process = nil
            try batch.read(ids, type: type, firstIndex: firstIndex, into: &sink)
            process = batch
        }
    }
}

private struct OneObjectSink: FileSink {
    let id: ObjectID
    let limitBytes: Int
    var bytes: [UInt8] = []

    mutating func begin(_ index: Int, byteCount: Int) throws {
        guard byteCount <= limitBytes else {
            throw GitError.objectTooLarge(id.hex, bytes: byteCount, limitBytes: limitBytes)
        }
        bytes.reserveCapacity(byteCount)
    }

    mutating func take(_ piece: RawSpan) { unsafe piece.withUnsafeBytes { unsafe bytes += $0 } }
    mutating func end() {}
}

/// One running `git cat-file --batch-command --buffer`; ends when it is let go.
// Safety: unchecked, because it lives in the reader's mutex and is only used while that is held.
private final class BatchProcess: @unchecked Sendable {
    /// Requests sent in one go; half as many may still be unanswered then: 28 KiB, which the socket takes without
    /// blocking.
    private static let requestsAtOnce = 256
    private static let bufferBytes = 256 * 1_024
    /// Bytes of the line before an object.
    private static let headerMax = 256

    private let repository: FilePath
    private let channel: Channel
    private let child: ChildProcess
    private var buffer = [UInt8](repeating: 0, count: bufferBytes)
    private var unread = 0..<0

    init(_ git: GitProgram, repository: FilePath) throws {
        self.repository = repository
        do {
            channel = try Channel()
            let silence = try FileDescriptor.open(FilePath("/dev/null"), .writeOnly, options: [.closeOnExec])
            defer { try? silence.close() }
            child = try git.start(
                ["cat-file", "--batch-command", "--buffer"], in: repository, input: channel.theirs,
                output: channel.theirs, errors: silence)
            channel.closeTheirs()
        } catch let error as Errno {
            throw GitError.system(operation: "starting git", path: repository.string, code: error)
        }
    }

    deinit {
        child.kill()
        _ = try? child.wait()
    }

    func read(_ ids: [ObjectID], type: String, firstIndex: Int, into sink: inout some FileSink) throws {
        var sent = 0
        for (index, id) in ids.enumerated() {
            if sent < ids.count, sent - index <= Self.requestsAtOnce / 2 {
                let end = min(ids.count, sent + Self.requestsAtOnce)
                try send(ids[sent..<end])
                sent = end
            }
            let byteCount = try header(of: id, type: type)
            try sink.begin(firstIndex + index, byteCount: byteCount)
            try content(byteCount, of: id, into: &sink)
            try sink.end()
        }
    }

    private func send(_ ids: ArraySlice<ObjectID>) throws {
        var text: [UInt8] = []
        text.reserveCapacity(ids.count * 74)
        for id in ids {
            text += "contents ".utf8
            id.appendHex(to: &text)
            text.append(UInt8(ascii: "\n"))
        }
        text += "flush\n".utf8
        do { try channel.send(text) } catch { throw ended() }
    }

    private func ended() -> GitError {
        .failed(
            command: "cat-file", status: "ended early",
            message: "the object store of \(repository.string) cannot be read; `git fsck` says more")
    }

    private func fill() throws {
        let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe channel.ours.read(into: $0) }
        guard count > 0 else { throw ended() }
        unread = 0..<count
    }

    private func nextByte() throws -> UInt8 {
        if unread.isEmpty { try fill() }
        let byte = buffer[unread.lowerBound]
        unread = unread.lowerBound + 1..<unread.upperBound
        return byte
    }

    /// `<id> <type> <size>`, or `<id> missing`.
    private func header(of id: ObjectID, type: String) throws -> Int {
        var line: [UInt8] = []
        while case let byte = try nextByte(), byte != UInt8(ascii: "\n") {
            line.append(byte)
            guard line.count <= Self.headerMax else { throw ended() }
        }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        if words.last == "missing" { throw GitError.objectMissing(id.hex, repository: repository.string) }
        guard words.count == 3, words[0] == id.hex, let byteCount = Int(words[2]), byteCount >= 0 else {
            throw GitError.unexpectedOutput(command: "cat-file", String(decoding: line, as: UTF8.self))
        }
        guard words[1] == type else {
            throw GitError.unexpectedObject(id.hex, wanted: type, found: String(words[1]))
        }
        return byteCount
    }

    private func content(_ byteCount: Int, of id: ObjectID, into sink: inout some FileSink) throws {
        var rest = byteCount
        while rest > 0 {
            if unread.isEmpty { try fill() }
            let end = min(unread.upperBound, unread.lowerBound + rest)
            try give(unread.lowerBound..<end, to: &sink)
            rest -= end - unread.lowerBound
            unread = end..<unread.upperBound
        }
        guard try nextByte() == UInt8(ascii: "\n") else { throw ended() }
    }

    private func give(_ range: Range<Int>, to sink: inout some FileSink) throws {
        // A span must not borrow from a property of a class; the array is not copied.
        let bytes = buffer
        try unsafe sink.take(bytes.span.bytes.extracting(range))
    }
}
