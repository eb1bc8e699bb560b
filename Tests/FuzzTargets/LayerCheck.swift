// Layers and archives: unpacked inside their root and nowhere else, and what was unpacked can be packed again.
import Digests
import Glibc
import Layers
import SystemPackage

// Safety: pieces of a layer are copied before the call that hands them over returns.

private let limits: LayerLimits = {
    var limits = LayerLimits.standard
    limits.archiveBytes = 1 << 20
    limits.headerBytes = 1 << 20
    return limits
}()

func checkLayer(_ bytes: [UInt8]) throws(BrokenProperty) {
    do {
        let world = try LayerWorld()
        defer { world.remove() }
        try checkLayer(withChecksums(world.placed(bytes)), in: world)
    } catch let error as BrokenProperty {
        throw error
    } catch {
        throw BrokenProperty(description: "the world of the check itself: \(error)")
    }
}

private func checkLayer(_ bytes: [UInt8], in world: LayerWorld) throws {
    let before = try world.surroundings()
    if let diffID = try unless(LayerError.self, { try extract(bytes, into: "layer", of: world, expecting: nil) }) {
        try checkRepacking(in: world)
        try require(diffID.description.hasPrefix("sha256:"), "no digest")
    }
    try require(try world.surroundings() == before, "the layer reached outside its root")
    try unless(LayerError.self) { try world.unpackArchive(bytes) }
    try require(try world.surroundings() == before, "the archive reached outside its root")
}

private func extract(
    _ bytes: [UInt8], into name: String, of world: LayerWorld, expecting diffID: BlobDigest?
) throws -> BlobDigest {
    let reader = LayerReader(limits: limits)
    return try reader.extract(from: ByteSource(bytes), into: world[name], expecting: diffID).diffID
}

/// The tree's own layer makes the same tree again. A tree may not fit into one: then it says why.
private func checkRepacking(in world: LayerWorld) throws {
    let writer = LayerWriter(times: .kept, limits: limits)
    var written: [UInt8] = []
    let summary = try unless(LayerError.self) {
        unsafe try writer.write(world["layer"]) { unsafe written.append(contentsOf: $0) }
    }
    guard let summary, written.count <= limits.archiveBytes else { return }
    _ = try extract(written, into: "again", of: world, expecting: summary.diffID)
    let again = try writer.summarize(world["again"])
    try require(again == summary, "packed, unpacked and packed, it is another layer")
}

/// Nil for an error of the type that is meant to come; others come through.
@discardableResult
private func unless<Failure: Error, Value>(_: Failure.Type, _ body: () throws -> Value) throws -> Value? {
    do { return try body() } catch is Failure { return nil }
}

/// Makes right the checksums of headers: almost no change would get past them.
private func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for start in stride(from: 0, to: bytes.count - 511, by: 512)
    where bytes[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
        bytes.replaceSubrange((start + 148)..<(start + 156), with: Array("        ".utf8))
        let sum = bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        let text = String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits + "\0 "
        bytes.replaceSubrange((start + 148)..<(start + 156), with: Array(text.utf8))
    }
    return bytes
}
