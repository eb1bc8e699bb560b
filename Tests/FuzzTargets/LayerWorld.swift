// A folder in memory around the roots into which archives are unpacked, with files that no archive may touch.
import Glibc
import Layers
import SystemPackage

struct LayerWorld {
    /// Inputs that name this folder name the world's own instead, which has as many bytes: `0` stand for its number.
    static let nameInInputs = "/dev/shm/weft-fuzz-0000000000"
    private static let hasLocale = unsafe setlocale(LC_CTYPE, "C.UTF-8") != nil

    private let folder: FilePath
    private let parent: Directory
    private let name: [UInt8]
    private let outside: Directory

    init() throws {
        try require(Self.hasLocale, "there is no locale C.UTF-8")
        let memory = unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp"
        let number = String(UInt64.random(in: 1_000_000_000...9_999_999_999))
        name = Array("weft-fuzz-\(number)".utf8)
        folder = FilePath(memory).appending("weft-fuzz-\(number)")
        parent = try Directory(FilePath(memory))
        try parent.makeDirectory(name)
        let top = try Directory(folder)
        for directory in ["canary", "a"] { try top.makeDirectory(Array(directory.utf8)) }
        try top.child(Array("a".utf8)).makeDirectory(Array("b".utf8))
        outside = try top.child(Array("canary".utf8))
        try outside.makeFile(Array("file".utf8)).setSize(3)
        try makeArchiveRoot()
    }

    /// Deep enough that `../..` is still in the world.
    subscript(name: String) -> FilePath { folder.appending("a/b").appending(name) }

    /// A root in which links to the outside lie already, as in a base image.
    private func makeArchiveRoot() throws {
        let folder = try Directory(self[""])
        try folder.makeDirectory(Array("archive".utf8))
        let root = try folder.child(Array("archive".utf8))
        try root.makeDirectory(Array("d".utf8))
        let inner = try root.child(Array("d".utf8))
        try inner.makeSymbolicLink(Array("up".utf8), to: Array("../../../../canary".utf8))
        try inner.makeSymbolicLink(Array("out".utf8), to: Array(self.folder.appending("canary").string.utf8))
    }

    func unpackArchive(_ bytes: [UInt8]) throws {
        let file = try FileDescriptor.open(
            folder.appending("input"), .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
        let root = try FileDescriptor.open(self["archive"], .readOnly, options: .directory)
        defer { for descriptor in [file, root] { try? descriptor.close() } }
        try file.writeAll(bytes)
        let unpacker = ArchiveUnpacker(limits: limits)
        guard try unpacker.isArchive(file) else { return }
        try unpacker.extract(file, into: root, at: Array("d".utf8))
    }

    private var limits: LayerLimits {
        var limits = LayerLimits.standard
        limits.archiveBytes = 1 << 20
        return limits
    }

    /// The input with the world's own name in it.
    func placed(_ bytes: [UInt8]) -> [UInt8] {
        let mark = Array(Self.nameInInputs.utf8)
        guard bytes.count >= mark.count else { return bytes }
        var bytes = bytes
        for start in 0...(bytes.count - mark.count) where bytes[start] == mark[0] {
            guard bytes[start..<(start + mark.count)].elementsEqual(mark) else { continue }
            bytes.replaceSubrange(start..<(start + mark.count), with: Array(folder.string.utf8))
        }
        return bytes
    }

    /// Everything around the roots, as text; and what lies where links through /proc lead.
    func surroundings() throws -> [String] {
        try describeAround()
            + ["/", "."].flatMap { place in
                try Directory(FilePath(place)).names().map { place + PathText.printable($0) }.sorted()
            }
    }

    private func describeAround() throws -> [String] {
        let top = try Directory(folder)
        let above = try top.child(Array("a".utf8))
        let around = try above.child(Array("b".utf8))
        return try Self.describe(top, "", without: ["input"]) + Self.describe(outside, "canary/", without: [])
            + Self.describe(above, "a/", without: [])
            + Self.describe(around, "a/b/", without: ["layer", "again", "archive"])
    }

    private static func describe(_ directory: Directory, _ prefix: String, without: Set<String>) throws -> [String] {
        try directory.names().sorted { $0.lexicographicallyPrecedes($1) }.compactMap { name in
            guard !without.contains(String(decoding: name, as: UTF8.self)) else { return nil }
            guard let status = try directory.status(of: name) else { return nil }
            // A directory's own numbers change with the roots in it.
            let numbers = status.kind == .directory ? "" : "\(status.linkCount) \(status.size) \(status.modified)"
            return "\(prefix)\(PathText.printable(name)) \(status.kind) \(status.permissions) \(status.owner) "
                + "\(status.group) \(numbers)"
        }
    }

    func remove() { try? parent.removeTree(name) }
}
