// Cleaning of real stores: what goes, what stays, and who may be about meanwhile.
import CLinux
import Cleaning
import Digests
import Foundation
import Glibc
import Layers
import Synchronization
import SystemPackage
import Testing

@testable import BlobStore

/// A store that is cleaned as if an hour had passed since it was filled.
private struct OldStore {
    let scratch: Scratch
    let images = Images()
    let now = UnixTime.seconds + 3_600

    /// Roots, as a repo above the store has them.
    final class Images: StoreClaims {
        let all = Mutex<[ItemName: StoreClaim]>([:])

        func claims() throws -> [StoreClaim] { all.withLock { Array($0.values) } }

        func remove(_ item: ItemName) throws { all.withLock { _ = $0.removeValue(forKey: item) } }

        func add(_ text: String, needs: [ItemName], as standing: StoreClaim.Standing = .image) {
            let claim = StoreClaim(text, standing, lastUse: 0, needs: needs)
            all.withLock { $0[claim.item.name] = claim }
        }
    }

    init() throws { scratch = try Scratch() }

    var store: Store { scratch.store }

    /// A step's record is the digests of its layers in hexadecimal digits.
    var cleaner: StoreCleaner {
        StoreCleaner(store, owners: [images]) { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { BlobDigest(hex: $0) }
        }
    }

    func clean(_ request: CleaningRequest, _ checkpoint: () throws -> Void = {}) throws -> CleaningReport {
        try #require(try cleaner.clean(request, now: now, checkpoint))
    }

    /// Everything that may go.
    func cleanAll(_ checkpoint: () throws -> Void = {}) throws -> CleaningReport {
        try clean(CleaningRequest(budget: 0), checkpoint)
    }

    func blob(_ text: String, age: Int64 = 0) throws -> BlobDigest {
        let digest = try store.blobs.write { try $0.append(Array(text.utf8)) }.digest
        try setAge(store.blobs.path(of: digest), age)
        return digest
    }

    /// Without a lease: as another process made it that has ended.
    func layer(_ text: String, age: Int64 = 0) throws -> BlobDigest {
        let other = try Store(root: store.root)
        defer { try? other.close() }
        let name = "upper-\(UInt64.random(in: .min ... .max))"
        let summary = try scratch.makeUpper(name, ["file": text])
        let folder = scratch["layer-" + name]
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: false)
        try FileManager.default.moveItem(
            atPath: scratch[name].string, toPath: folder.appending(LayerFolder.filesName).string)
        try other.layers.adopt(folder, summary)
        let path = store.layers.path.appending(summary.diffID.hex)
        try setAge(path.appending(LayerFolder.recordName), age)
        return summary.diffID
    }

    func step(_ number: String, _ layer: BlobDigest?, age: Int64 = 0) throws -> StageDigest {
        let digest = StageDigest(of: [number])
        try store.steps.write(digest, Array((layer?.hex ?? "").utf8))
        try setAge(store.steps.path.appending(digest.hex), age)
        return digest
    }

    /// Seconds before now.
    func setAge(_ path: FilePath, _ age: Int64) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(UnixTime.seconds - age))], ofItemAtPath: path.string)
    }

    func trash() throws -> [String] { try scratch.names(scratch["store/trash"]) }
}

@Suite(Privilege.trait) struct `A cleaner` {
    @Test func `takes the least recently used, with the steps that name it`() throws {
        let old = try OldStore()
        let (first, second) = (try old.layer("first", age: 2_000), try old.layer("second", age: 1_000))
        let steps = (try old.step("1", first, age: 1_500), try old.step("2", second))
        let size = old.store.layers.record(of: first)?.byteCount ?? 0
        let all = try old.clean(CleaningRequest(isDryRun: true)).bytesBefore
        let report = try old.clean(CleaningRequest(budget: all - size))
        #expect(!old.store.layers.contains(first) && old.store.layers.contains(second))
        #expect(old.store.steps.read(steps.0) == nil && old.store.steps.read(steps.1) != nil)
        #expect(report.freed[.layer]?.count == 1 && report.freed[.step]?.count == 1)
        #expect(report.shortfall == 0 && report.bytesBefore == all)
        #expect(try old.trash().isEmpty)
    }

    @Test func `keeps what roots need, and says how much`() throws {
        let old = try OldStore()
        let (layer, other) = (try old.layer("kept"), try old.layer("other"))
        let (manifest, blob) = (try old.blob("manifest"), try old.blob("other"))
        let pushed = try old.blob("pushed")
        old.images.add("shop:1", needs: [.layer(layer), .blob(manifest)])
        old.images.add("pushed", needs: [.blob(pushed)], as: .root)
        let report = try old.cleanAll()
        #expect(old.store.layers.contains(layer) && old.store.blobs.contains(manifest))
        #expect(!old.store.layers.contains(other) && !old.store.blobs.contains(blob))
        #expect(report.shortfall > 0 && report.kept[.root] == report.shortfall)
        let all = try old.clean(CleaningRequest(budget: 0, kinds: Set(ItemKind.allCases)))
        #expect(all.freed[.image]?.count == 1 && old.store.blobs.contains(pushed))
        #expect(!old.store.layers.contains(layer) && !old.store.blobs.contains(manifest))
    }

    @Test func `looks once more before it takes: what came into use meanwhile stays`() throws {
        let old = try OldStore()
        let other = try Store(root: old.store.root)
        let (pinned, read, free) = (try old.blob("pinned"), try old.blob("read", age: 500), try old.blob("free"))
        var hold: PinHold?
        let report = try old.cleanAll {
            // The first step comes after the choice, and before anything goes.
            guard hold == nil else { return }
            hold = try other.pins.hold([.blob(pinned)])
            try other.blobs.open(read).close()
        }
        #expect(old.store.blobs.contains(pinned) && old.store.blobs.contains(read))
        #expect(!old.store.blobs.contains(free) && report.skippedCount == 2)
        withExtendedLifetime(hold) {}
    }

    @Test func `takes what is remembered of a registry with its documents`() throws {
        let old = try OldStore()
        let manifest = try old.blob("manifest")
        old.images.add("cache:1", needs: [.blob(manifest)], as: .memory)
        let report = try old.cleanAll()
        #expect(report.freed[.memory]?.count == 1 && !old.store.blobs.contains(manifest))
        #expect(try old.images.claims().isEmpty)
    }

    @Test func `leaves alone what was used a moment ago`() throws {
        let old = try OldStore()
        let blob = try old.blob("fresh", age: -3_500)
        #expect(try old.cleanAll().kept[.recent] != nil)
        #expect(old.store.blobs.contains(blob))
    }

    @Test func `takes by age where there is room`() throws {
        let old = try OldStore()
        let (blob, young) = (try old.blob("old", age: 10_000), try old.blob("young"))
        _ = try old.clean(CleaningRequest(ageMax: 9_000))
        #expect(!old.store.blobs.contains(blob) && old.store.blobs.contains(young))
    }

    @Test func `does nothing when it is only asked`() throws {
        let old = try OldStore()
        let layer = try old.layer("a")
        _ = (try old.step("1", layer), try old.blob("b"))
        let before = try old.scratch.stored()
        let report = try old.clean(CleaningRequest(budget: 0, isDryRun: true))
        #expect(report.freed[.layer]?.count == 1 && report.freed[.step]?.count == 1 && report.freed[.blob]?.count == 1)
        #expect(try old.scratch.stored() == before)
    }

    @Test func `says what the file system lacks of its reserve`() throws {
        let old = try OldStore()
        let blob = try old.blob("a")
        let report = try old.clean(CleaningRequest(reserve: .max))
        #expect(!old.store.blobs.contains(blob))
        #expect(report.shortfall > 0 && report.available > 0)
    }

    @Test func `is one at a time`() throws {
        let old = try OldStore()
        let lock = try FileLock.take(StorePlaces(root: old.store.root).cleaningLock)
        #expect(try old.cleaner.clean(CleaningRequest()) == nil)
        withExtendedLifetime(lock) {}
    }

    @Test func `leaves names that are none of the store's`() throws {
        let old = try OldStore()
        let hex = BlobDigest(of: [1]).hex
        let foreign = [
            "store/blobs/sha256/../../outside", "store/blobs/sha256/readme", "store/blobs/sha256/\(hex.uppercased())",
            "store/blobs/sha256/\(hex)0", "store/layers/mine/file", "store/layers/flat-x/fs/file", "store/steps/\(hex)",
            "store/steps/.hidden", "store/partial/\(hex).part", "store/caches/keep/file", "store/caches/\(hex)-01/file",
            "store/other/\(hex)", "store/blobs/\(hex)",
        ]
        for name in foreign { try old.scratch.write(name, "foreign") }
        // A folder where a file should be, and a link.
        try old.scratch.write("store/blobs/sha256/\(hex)/file", "foreign")
        try FileManager.default.createSymbolicLink(
            atPath: old.scratch["store/layers/\(hex)"].string, withDestinationPath: old.scratch["store/other"].string)
        let before = try old.scratch.stored()
        _ = try old.clean(CleaningRequest(budget: 0, ageMax: 1, kinds: Set(ItemKind.allCases)))
        #expect(try old.scratch.stored() == before)
    }

    @Test func `takes downloads that nobody goes on with`() throws {
        let old = try OldStore()
        let digests = [BlobDigest(of: [1]), BlobDigest(of: [2])]
        try old.store.blobs.partial(digests[0])?.append([1, 2])
        let current = try old.store.blobs.partial(digests[1])
        try current?.append([1, 2])
        _ = try old.cleanAll()
        #expect(
            try old.scratch.names(old.scratch["store/partial"]).filter { !$0.hasSuffix("lock") } == [digests[1].hex])
        try current?.append([3])
    }

    @Test func `takes caches when asked, and none that a step has`() throws {
        let old = try OldStore()
        let (one, two) = (BlobDigest(of: [1]).hex, BlobDigest(of: [2]).hex)
        for name in [one, one + "-3", two] {
            try old.scratch.write("store/caches/\(name)/a/b/file", "cached")
            try old.scratch.write("store/caches/\(name).lock", "")
        }
        #expect(try old.cleanAll().freed.isEmpty)
        let lock = try FileLock.take(old.scratch["store/caches/\(two).lock"], .shared)
        let report = try old.clean(CleaningRequest(budget: 0, kinds: Set(ItemKind.allCases)))
        #expect(report.freed[.cache]?.count == 2 && (report.freed[.cache]?.byteCount ?? 0) > 0)
        #expect(Disk.isDirectory(old.scratch["store/caches/\(two)"]))
        #expect(!Disk.isDirectory(old.scratch["store/caches/\(one)"]))
        withExtendedLifetime(lock) {}
    }

    @Test func `takes a merged chain with its layers`() throws {
        let old = try OldStore()
        let layers = [try old.layer("one"), try old.layer("two")]
        let other = try Store(root: old.store.root)
        let path = try other.layers.flattened(layers)
        try other.close()
        let name = ItemName(.flattened, path.removingLastComponent().lastComponent?.string ?? "")
        let hold = try old.store.pins.hold([name])
        #expect(try old.cleanAll().freed.isEmpty, "its layers stay with it")
        _ = consume hold
        _ = try old.clean(CleaningRequest(budget: 0, recentSeconds: 0))
        #expect(try old.scratch.names(old.scratch["store/layers"]).filter { !$0.hasSuffix(".lock") } == [])
    }
}

@Suite(Privilege.trait) struct `A cleaner that is killed` {
    private struct Killed: Error {}

    @Test func `between any two steps leaves a whole store, and the next one ends its work`() throws {
        var stop = 0
        var isEnded = false
        while !isEnded {
            let old = try OldStore()
            let (layer, kept) = (try old.layer("a", age: 500), try old.layer("kept"))
            let steps = [try old.step("1", layer), try old.step("2", layer), try old.step("3", kept)]
            let blob = try old.blob("b")
            old.images.add("image", needs: [.layer(kept)])
            old.images.add("memory", needs: [.blob(blob)], as: .memory)
            var count = 0
            do {
                _ = try old.cleanAll {
                    if count == stop { throw Killed() }
                    count += 1
                }
                isEnded = true
            } catch is Killed {}
            for step in steps {
                guard let record = old.store.steps.read(step) else { continue }
                let named = try #require(BlobDigest(hex: String(decoding: record, as: UTF8.self)))
                #expect(old.store.layers.contains(named), "stopped at \(stop)")
            }
            #expect(old.store.layers.contains(kept) && old.store.steps.read(steps[2]) != nil)
            #expect(try old.images.claims().count == (old.store.blobs.contains(blob) ? 2 : 1) || !isEnded)
            for claim in try old.images.claims() where claim.item.name.kind == .memory {
                #expect(old.store.blobs.contains(blob), "stopped at \(stop)")
            }
            _ = try old.cleanAll()
            #expect(try old.trash().isEmpty)
            #expect(!old.store.layers.contains(layer) && !old.store.blobs.contains(blob))
            stop += 1
        }
        #expect(stop > 5, "it was stopped at every step")
    }
}
