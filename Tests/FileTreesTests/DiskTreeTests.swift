// Trees of folders on disk: what is left out, what is refused, names of any bytes.
import FileTrees
import Foundation
import Glibc
import SystemPackage
import Testing

@Suite struct `Trees on disk` {
    let sample: SampleTree

    init() throws { sample = try SampleTree() }

    @Test func `git's folder and folders without files are left out`() throws {
        let before = try DiskTree(sample.folder).tree.root.id
        try sample.write(".git/config", "x")
        try sample.write("a/.git", "gitdir: elsewhere")
        try sample.makeFolder("empty/inner")
        #expect(try DiskTree(sample.folder).tree.root.id == before)
    }

    @Test func `skipped paths are neither read nor looked at`() throws {
        #expect(unsafe mkfifo(sample.url.appendingPathComponent("b/pipe").path, 0o600) == 0)
        let tree = try DiskTree(sample.folder, isSkipped: { $0 == Array("b".utf8) }).tree
        #expect(tree.fileCount == 5)
    }

    @Test func `a fifo is an error that names it`() throws {
        #expect(unsafe mkfifo(sample.url.appendingPathComponent("b/pipe").path, 0o600) == 0)
        let path = sample.folder.appending("b/pipe").string
        let folder = sample.folder
        #expect(throws: FileTreeError.specialFile(path: path, kind: "fifo")) { try DiskTree(folder) }
    }

    @Test func `links are not followed, whatever they point to`() throws {
        try sample.link("b/loop", to: "..")
        try sample.link("b/outside", to: "/etc/hostname")
        let disk = try DiskTree(sample.folder)
        #expect(try disk.tree.node(at: Array("b/loop".utf8))?.kind == .link)
        #expect(disk.tree.fileCount == 9)
    }

    @Test func `an empty folder is git's empty tree`() throws {
        let tree = try DiskTree(sample.folder, isSkipped: { _ in true }).tree
        #expect(tree.root.id.hex == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
        #expect(try tree.files().isEmpty)
    }

    @Test func `a missing folder is an error`() {
        #expect(throws: FileTreeError.self) { try DiskTree(FilePath("/nonexistent/folder")) }
    }
}
