// Pins: what a process counts on stays, whoever cleans, until it lets go or dies.
import Cleaning
import Digests
import Foundation
import Glibc
import Layers
import SystemPackage
import Testing

@testable import BlobStore

extension StoreCleaner {
    fileprivate init(_ store: Store) { self.init(store, owners: []) { _ in [] } }

    /// As if an hour had passed.
    fileprivate func cleanAll() throws -> CleaningReport? {
        try clean(CleaningRequest(budget: 0), now: UnixTime.seconds + 3_600) {}
    }
}

extension Store {
    fileprivate func blob(_ text: String) throws -> BlobDigest {
        try blobs.write { try $0.append(Array(text.utf8)) }.digest
    }
}

@Suite(Privilege.trait) struct `Pins of a process` {
    @Test func `of another process keep what they name until they are dropped`() throws {
        let scratch = try Scratch()
        let other = try Store(root: scratch.store.root)
        let blob = try other.blob("held")
        let hold = try other.pins.hold([.blob(blob)])
        let again = try other.pins.hold([.blob(blob)])
        #expect(try StoreCleaner(scratch.store).cleanAll()?.kept[.pinned] != nil)
        withExtendedLifetime(hold) {}
        #expect(other.blobs.contains(blob))
        withExtendedLifetime(again) {}
        _ = consume hold
        _ = try StoreCleaner(scratch.store).cleanAll()
        #expect(other.blobs.contains(blob), "held twice")
        _ = consume again
        _ = try StoreCleaner(scratch.store).cleanAll()
        #expect(other.blobs.contains(blob), "its process has not said so yet")
        try other.pins.settle()
        _ = try StoreCleaner(scratch.store).cleanAll()
        #expect(!other.blobs.contains(blob))
    }

    @Test func `that are leases end by themselves, and may be renewed`() throws {
        let scratch = try Scratch()
        let store = scratch.store
        let blob = try store.blob("leased")
        let now = UnixTime.seconds
        try store.pins.lease([.blob(blob)], now: now)
        let path = store.work.path.appending(Pins.fileName)
        let lines = try scratch.text(path)
        try store.pins.lease([.blob(blob)], now: now + 60)
        #expect(try scratch.text(path) == lines, "it costs nothing for an hour")
        try store.pins.lease([.blob(blob)], now: now + Pins.leaseSeconds * 3 / 4)
        let cleaner = StoreCleaner(store)
        _ = try cleaner.clean(CleaningRequest(budget: 0), now: now + Pins.leaseSeconds + 60) {}
        #expect(store.blobs.contains(blob))
        _ = try cleaner.clean(CleaningRequest(budget: 0), now: now + 2 * Pins.leaseSeconds) {}
        #expect(!store.blobs.contains(blob))
    }

    @Test func `of layers that are made, unpacked or mounted need nobody's call`() throws {
        let scratch = try Scratch()
        let layer = try scratch.adopt(["a": "1"]).diffID
        _ = try StoreCleaner(scratch.store).cleanAll()
        #expect(scratch.store.layers.contains(layer))
        let other = try Store(root: scratch.store.root)
        try scratch.store.close()
        _ = try other.layers.overlayLowerPaths([layer])
        _ = try StoreCleaner(other).cleanAll()
        #expect(other.layers.contains(layer))
    }

    @Test func `of a killed process go with its work area`() async throws {
        let scratch = try Scratch()
        unsafe setenv("WEFT_TEST_PINS", scratch.store.root.string, 1)
        let blob = try scratch.store.blob("pinned by the dead")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let root = FilePath(ProcessInfo.processInfo.environment["WEFT_TEST_PINS"] ?? "")
            let store = try Store(root: root)
            let hold = try store.pins.hold([.blob(BlobDigest(of: Array("pinned by the dead".utf8)))])
            kill(getpid(), SIGKILL)
            withExtendedLifetime(hold) {}
        }
        _ = try StoreCleaner(scratch.store).cleanAll()
        #expect(scratch.store.blobs.contains(blob), "a step of it may still run")
        for area in try scratch.store.reapDead() { try area.remove() }
        _ = try StoreCleaner(scratch.store).cleanAll()
        #expect(!scratch.store.blobs.contains(blob))
    }

    @Test func `that say nothing any more are left out of the file`() throws {
        let scratch = try Scratch()
        let kept = try scratch.store.pins.hold([.blob(BlobDigest(of: [1]))])
        for number in 0..<2_200 {
            _ = try scratch.store.pins.hold([.blob(BlobDigest(of: Array("\(number)".utf8)))])
            try scratch.store.pins.settle()
        }
        let bytes = Array(try scratch.text(scratch.store.work.path.appending(Pins.fileName)).utf8)
        #expect(bytes.split(separator: 10).count < 4_400)
        #expect(PinnedItems.items(of: bytes, now: 0) == [.blob(BlobDigest(of: [1]))])
        withExtendedLifetime(kept) {}
    }

    @Test func `are read line by line, and what is no line is nothing`() {
        let item = ItemName.blob(BlobDigest(of: [1]))
        for line in [PinLine.hold(item), .drop(item), .lease(item, until: 5)] {
            #expect(PinLine(line.text.dropLast()) == line)
        }
        for text in [
            "", "hold", "hold blob", "hold thing x", "lease blob x", "lease blob x y", "drop blob x y", "keep blob x",
        ] {
            #expect(PinLine(text) == nil)
        }
        let text = "lease \(item) 5\nlease \(item) 9\nrubbish\n"
        #expect(PinnedItems.items(of: Array(text.utf8), now: 8) == [item])
        #expect(PinnedItems.items(of: Array(text.utf8), now: 9) == [])
    }

    @Test func `are taken and dropped while others clean, and nothing that is pinned is ever gone`() async throws {
        let scratch = try Scratch()
        let root = scratch.store.root
        let texts = (0..<8).map { "text \($0)" }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let store = try Store(root: root)
                    var reads = 0
                    for round in 0..<50 {
                        let digest = BlobDigest(of: Array(texts[round % texts.count].utf8))
                        let hold = try store.pins.hold([.blob(digest)])
                        if !store.blobs.contains(digest) { _ = try store.blob(texts[round % texts.count]) }
                        // Pinned, then seen: it stays.
                        for _ in 0..<20 where store.blobs.contains(digest) { reads += 1 }
                        withExtendedLifetime(hold) {}
                    }
                    try store.close()
                    return reads - 50 * 20
                }
            }
            group.addTask {
                let cleaner = StoreCleaner(scratch.store)
                for _ in 0..<30 {
                    _ = try cleaner.clean(CleaningRequest(budget: 0, recentSeconds: 0), now: UnixTime.seconds + 60) {}
                }
                return 0
            }
            for try await missed in group { #expect(missed == 0) }
        }
    }

    @Test func `are not needed to go on reading an open blob`() throws {
        let scratch = try Scratch()
        let blob = try scratch.store.blob("still read")
        let file = try scratch.store.blobs.open(blob)
        defer { try? file.close() }
        _ = try StoreCleaner(scratch.store).cleanAll()
        #expect(!scratch.store.blobs.contains(blob))
        #expect(BlobDigest(finishing: try BlobFolder.hash(file, "blob")) == blob)
    }
}

@Suite(Privilege.trait) struct `Uses of what is stored` {
    private func setOld(_ path: FilePath, _ age: Int64) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(UnixTime.seconds - age))], ofItemAtPath: path.string)
    }

    @Test func `of blobs and steps set the time of their files, now and then`() throws {
        let scratch = try Scratch()
        let store = scratch.store
        let (blob, step) = (try store.blob("a"), StageDigest(of: ["1"]))
        try store.steps.write(step, [1])
        let paths = [store.blobs.path(of: blob), store.steps.path.appending(step.hex)]
        for (age, isNoted) in [(UseInterval.usual / 2, false), (UseInterval.usual * 2, true)] {
            for path in paths { try setOld(path, age) }
            try store.blobs.open(blob).close()
            _ = store.steps.read(step)
            for path in paths {
                let used = UnixTime.seconds - (Disk.modified(path) ?? 0)
                #expect((used < UseInterval.usual / 2) == isNoted, "\(path)")
            }
        }
        try setOld(paths[0], 1_000)
        #expect(store.blobs.contains(blob))
        #expect(UnixTime.seconds - (Disk.modified(paths[0]) ?? 0) >= 1_000, "to look is no use")
    }

    @Test func `of tags are noted once a day, and looking at them is none`() throws {
        let scratch = try Scratch()
        _ = try scratch.store.tags.create("tag", of: "shop", [1, 2])
        let path = scratch["store/repos/shop/tags/ta/tag"]
        try setOld(path, 2 * UseInterval.tag)
        let seen = try #require(try scratch.store.tags.look(at: "tag", of: "shop"))
        #expect(seen.contents == [1, 2] && UnixTime.seconds - seen.lastUse >= UseInterval.tag)
        _ = try scratch.store.tags.read("tag", of: "shop")
        #expect(UnixTime.seconds - (Disk.modified(path) ?? 0) < UseInterval.tag)
    }
}
