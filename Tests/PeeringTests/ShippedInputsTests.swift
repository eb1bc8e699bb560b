// Files of a context that came from another node: their bytes must be those that the order's digest speaks of.
import BlobStore
import Building
import Digests
import Foundation
import Mesh
import Stages
import SystemPackage
import Testing

@Suite struct `Files of an order` {
    private static let text = Array("hello\n".utf8)
    /// `git hash-object` of the text, and the same in a repository with SHA-256.
    private static let names = [
        "ce013625030ba8dba906f756967f9e9ca394464a",
        "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4",
    ]

    private func write(_ objectID: [UInt8]?) throws -> [UInt8] {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let writer = try store.blobs.begin()
        try writer.append(Self.text)
        let digest = try writer.finish().digest
        let entry = ContextEntry(path: Array("a".utf8), kind: .file, digest: digest, objectID: objectID)
        let order = ShippedOrder(
            build: "b",
            order: StageOrder(
                stage: StageIndex(image: 0, number: 0),
                title: StageTitle(image: "app", name: "COPY1", text: "COPY a /", place: ""), digest: nil, work: .config,
                parent: StageContent(root: .scratch), sources: [:], isRemembered: false, origins: nil),
            contexts: [ShippedContext(patterns: ["a"], entries: [entry])], layers: [], secrets: [], watcher: "ear",
            buildClass: "default")
        let folder = store.work.temporaryPath("context")
        try ShippedInputs(order, store: store).writeContext(of: order.order.stage, ["a"], into: folder)
        defer { withExtendedLifetime(temporary) {} }
        return [UInt8](try Data(contentsOf: URL(filePath: folder.appending("a").string)))
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    @Test(arguments: names) func `bear the names that git gives them`(name: String) throws {
        #expect(try write(Self.bytes(name)) == Self.text)
        var wrong = Self.bytes(name)
        wrong[0] ^= 1
        let error = #expect(throws: BuildingError.self) { try write(wrong) }
        #expect(error?.description.contains("not the name") == true)
    }

    @Test func `that are not git's have none`() throws { #expect(try write(nil) == Self.text) }
}
