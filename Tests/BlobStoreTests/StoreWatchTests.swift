// What a store holds, as it is told: everything at first, then what came and went, whoever brought or took it.
import Digests
import Foundation
import Layers
import SystemPackage
import Testing

@testable import BlobStore

@Suite(Privilege.trait) struct `What a store holds` {
    private static let big = [UInt8](repeating: 7, count: Int(StoreWatch.blobBytesMin))

    private func blob(_ bytes: [UInt8], in store: Store) throws -> StoreWatch.Item {
        .blob(try store.blobs.write { try $0.append(bytes) }.digest)
    }

    @Test func `is told whole at first`() throws {
        let scratch = try Scratch()
        let layer = try scratch.adopt(["f": "1"])
        let step = StageDigest(of: ["a"])
        try scratch.store.steps.write(step, [1])
        let blob = try blob(Self.big, in: scratch.store)
        _ = try self.blob([1], in: scratch.store)
        try scratch.write("store/layers/notes", "no layer")
        let news = try StoreWatch(scratch.store).news()
        #expect(Set(news.held) == [.layer(layer.diffID), .step(step), blob])
        #expect(news.dropped == [])
    }

    @Test func `is told as it comes and goes, by any process`() throws {
        let scratch = try Scratch()
        let watch = try StoreWatch(scratch.store)
        #expect(try watch.news() == StoreWatch.News())
        let other = try Store(root: scratch.store.root)
        let (step, layer) = (StageDigest(of: ["a"]), try scratch.adopt(["f": "1"]))
        try other.steps.write(step, [1])
        let blob = try blob(Self.big, in: other)
        #expect(Set(try watch.news().held) == [.step(step), .layer(layer.diffID), blob])
        #expect(try watch.news() == StoreWatch.News())
        try other.steps.write(step, [2])
        #expect(try watch.news() == StoreWatch.News(), "written anew")
        try other.steps.remove(step)
        try other.steps.write(step, [3])
        #expect(try watch.news() == StoreWatch.News(), "gone and back between two looks")
        try other.layers.remove(layer.diffID)
        try other.steps.remove(step)
        let news = try watch.news()
        #expect(news.held == [] && Set(news.dropped) == [.layer(layer.diffID), .step(step)])
        try other.close()
    }

    /// More events than the kernel keeps (fs.inotify.max_queued_events).
    @Test func `is known also when events were lost`() throws {
        let scratch = try Scratch()
        let watch = try StoreWatch(scratch.store)
        let gone = StageDigest(of: ["gone"])
        try scratch.store.steps.write(gone, [1])
        #expect(try watch.news().held == [.step(gone)])
        let text = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        let kept = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 16_384
        for number in 0...kept {
            let name = BlobDigest(of: Array("\(number)".utf8)).hex
            let path = scratch.store.root.appending("blobs/sha256").appending(name)
            try FileDescriptor.open(path, .writeOnly, options: [.create], permissions: [.ownerRead]).close()
        }
        try scratch.store.steps.remove(gone)
        let step = StageDigest(of: ["last"])
        try scratch.store.steps.write(step, [1])
        #expect(try watch.news() == StoreWatch.News(held: [.step(step)], dropped: [.step(gone)]))
        #expect(try watch.news() == StoreWatch.News())
    }
}
