// Files and folders that change while they are hashed: a hash of what once was there, or a clear error.
import Foundation
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import FileTrees

@Suite struct `Changing trees` {
    let sample: SampleTree
    let outside: SampleTree

    init() throws {
        sample = try SampleTree()
        outside = try SampleTree()
    }

    /// Runs `change` again and again on a thread of its own while `body` runs.
    private func whileChanging(_ change: @escaping @Sendable (Int) -> Void, _ body: () throws -> Void) rethrows {
        let isEnded = Mutex(false)
        let ended = DispatchSemaphore(value: 0)
        let thread = Thread {
            var round = 0
            while !isEnded.withLock({ $0 }) {
                change(round)
                round += 1
            }
            ended.signal()
        }
        thread.start()
        defer {
            isEnded.withLock { $0 = true }
            ended.wait()
        }
        try body()
    }

    @Test func `a file that becomes a link, a fifo or a folder gives its own hash or an error, never another file's`()
        throws
    {
        try outside.write("canary", "canary")
        let place = sample.folder.string + "/victim"
        let canary = outside.folder.string + "/canary"
        let other = sample.folder.string + "/other"
        try sample.write("victim", "victim")
        let own = ContentDigest(of: Array("victim".utf8))
        var hashedCount = 0
        whileChanging { round in
            switch round % 4 {
            case 0: unsafe symlink(canary, other)
            case 1: unsafe mkfifo(other, 0o644)
            case 2: _ = FileManager.default.createFile(atPath: other, contents: Data("victim".utf8))
            default: unsafe mkdir(other, 0o755)
            }
            // Atomically, so that something always stands there.
            if unsafe rename(other, place) != 0 {
                unsafe rmdir(place)
                unsafe unlink(place)
                unsafe rename(other, place)
            }
            // The file stays for a while, or it would hardly be met.
            if round % 4 == 2 { usleep(300) }
        } _: {
            for _ in 0..<400 {
                do {
                    try TreeHasher(threadCount: 2).tree(sample.folder).forEachFile { file in
                        guard file.path == Array("victim".utf8) else { return }
                        hashedCount += 1
                        #expect(file.digest == own)
                    }
                } catch {
                    #expect(error is FileTreeError)
                }
            }
        }
        #expect(hashedCount > 0)
    }

    @Test func `a folder that becomes a link out is not entered`() throws {
        try outside.write("folder/canary", "canary")
        try sample.write("folder/file", "file")
        let (place, other) = (sample.folder.string + "/folder", sample.folder.string + "/other")
        let (target, kept) = (outside.folder.string + "/folder", outside.folder.string + "/kept")
        whileChanging { _ in
            unsafe symlink(target, other)
            unsafe rename(place, kept)
            unsafe rename(other, place)
            unsafe unlink(place)
            unsafe rename(kept, place)
        } _: {
            for _ in 0..<400 {
                do {
                    try TreeHasher(threadCount: 2).tree(sample.folder).forEachFile { file in
                        #expect(!GoPath.text(file.path).hasSuffix("canary"))
                    }
                } catch {
                    #expect(error is FileTreeError)
                }
            }
        }
    }

    @Test func `a file that grows gives the hash of what it once was, or an error`() throws {
        let place = sample.folder.string + "/log"
        let line = Array("another line of a log\n".utf8)
        var valid: Set<ContentDigest> = []
        var content: [UInt8] = []
        for _ in 0...3_000 {
            valid.insert(ContentDigest(of: content))
            content += line
        }
        let file = try FileDescriptor.open(
            FilePath(place), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
        defer { try? file.close() }
        whileChanging { round in
            if round < 3_000 { _ = try? file.writeAll(line) }
        } _: {
            for _ in 0..<200 {
                switch TreeHasher().files([Array(place.utf8)])[0] {
                case .success(.file(let digest, _)): #expect(valid.contains(digest))
                case .success(.folder): #expect(Bool(false))
                case .failure(let error): #expect(error == .changedWhileRead(path: place))
                }
            }
        }
    }

    @Test func `files that come and go are an error at worst`() throws {
        let place = sample.folder.string + "/a/fleeting"
        whileChanging { round in
            if round % 2 == 0 {
                _ = FileManager.default.createFile(atPath: place, contents: Data("x".utf8))
            } else {
                unsafe unlink(place)
            }
        } _: {
            for _ in 0..<300 {
                do {
                    _ = try TreeHasher(threadCount: 2).tree(sample.folder).directoryHash()
                } catch {
                    // Of this file, or of the one by which it is written.
                    if case .changedWhileRead? = error as? FileTreeError { continue }
                    Issue.record(error)
                }
            }
        }
    }
}
