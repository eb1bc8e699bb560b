// What processes leave behind: nothing outside their work area, which the next one finds.
import Digests
import Foundation
import Glibc
import Layers
import SystemPackage
import Testing

@testable import BlobStore

@Suite(Privilege.trait) struct `Work areas` {
    @Test func `of living processes are not touched`() throws {
        let scratch = try Scratch()
        let other = try Store(root: scratch.store.root)
        #expect(other.work.path != scratch.store.work.path)
        #expect(try scratch.store.reapDead().isEmpty)
        try other.close()
        #expect(try scratch.names(scratch["store/run"]).filter { !$0.hasPrefix(".") }.count == 1)
    }

    @Test func `that close are never taken for dead`() async throws {
        let scratch = try Scratch()
        let root = scratch.store.root
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10 {
                        let store = try Store(root: root)
                        for number in 0..<20 { try store.work.make(number) }
                        #expect(try store.reapDead().isEmpty)
                        try store.close()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try scratch.names(scratch["store/run"]).filter { !$0.hasPrefix(".") }.count == 1)
    }

    @Test func `can be removed by two at once`() async throws {
        let scratch = try Scratch()
        for _ in 0..<20 {
            let folder = scratch["tree"]
            for number in 0..<30 { try scratch.write("tree/\(number)/a/b/file", "x") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { try TreeRemoval.remove(folder) } }
                try await group.waitForAll()
            }
            #expect(!FileManager.default.fileExists(atPath: folder.string))
        }
    }

    @Test func `of a killed process are found once, and the store is whole`() async throws {
        let scratch = try Scratch()
        unsafe setenv("WEFT_TEST_STORE", scratch.store.root.string, 1)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let root = FilePath(ProcessInfo.processInfo.environment["WEFT_TEST_STORE"] ?? "")
            unsafe setlocale(LC_CTYPE, "C.UTF-8")
            let store = try Store(root: root)
            let writer = try store.blobs.begin()
            try writer.append([UInt8](repeating: 1, count: 1 << 20))
            let part = try store.blobs.partial(BlobDigest(of: [5]))
            try part?.append([1, 2, 3])
            let path = store.work.temporaryPath("layer")
            try #require(unsafe mkdir(path.string, 0o700) == 0)
            let lock = try store.layers.lock(BlobDigest(of: [6])) {}
            kill(getpid(), SIGKILL)
            withExtendedLifetime((writer, part, lock)) {}
        }
        #expect(try scratch.stored() == ["./partial/" + BlobDigest(of: [5]).hex])
        let dead = try scratch.store.reapDead()
        #expect(dead.count == 1)
        #expect(try scratch.names(dead[0].path).count == 3)
        #expect(try scratch.store.reapDead().isEmpty, "held by who found it first")
        try dead[0].remove()
        #expect(try scratch.names(scratch["store/run"]).filter { !$0.hasPrefix(".") }.count == 1)
        // Its locks are free.
        #expect(try scratch.store.blobs.partial(BlobDigest(of: [5]))?.offset == 3)
        _ = try scratch.store.layers.lock(BlobDigest(of: [6])) { throw CancellationError() }
    }
}

extension WorkArea {
    fileprivate func make(_ number: Int) throws {
        try Disk.write([1], to: temporaryPath("file\(number)"))
    }
}
