// Local archives of ADD: found out by contents, unpacked into a root that may hold hostile links.
import Foundation
import Layers
import SystemPackage
import Testing

@Suite(Privilege.trait) struct `Local archives` {
    private func unpack(
        _ scratch: Scratch, _ archive: [UInt8], at path: String, owner: FileOwner? = nil
    ) throws {
        try scratch.write("archive", archive)
        try scratch.makeDirectory("root")
        let (file, root) = (try scratch.open("archive"), try scratch.open("root"))
        defer {
            try? file.close()
            try? root.close()
        }
        try ArchiveUnpacker().extract(file, into: root, at: Array(path.utf8), owner: owner)
    }

    @Test(arguments: ["cat", "gzip -c", "bzip2 -c", "xz -c", "zstd -qc"])
    func `are told by their contents and unpacked`(_ command: String) throws {
        let scratch = try Scratch()
        try scratch.write("in", TarBytes.of { $0.add("dir/name", data: Array("contents".utf8), mode: 0o640, owner: 5) })
        try run("/bin/sh", "-c", "\(command) < \"$0/in\" > \"$0/packed\"", scratch.path.string)
        let file = try scratch.open("packed")
        defer { try? file.close() }
        #expect(try ArchiveUnpacker().isArchive(file))
        try unpack(scratch, scratch.read("packed"), at: "/opt/app/")
        #expect(try scratch.text("root/opt/app/dir/name") == "contents")
        #expect(try scratch.status("root/opt/app/dir/name")?.owner == 5)
        #expect(try scratch.status("root/opt/app/dir/name")?.permissions == 0o640)
    }

    @Test func `other files are no archives`() throws {
        let scratch = try Scratch()
        try scratch.write("text", "#!/bin/sh\necho hello\n")
        try scratch.write("empty", "")
        try scratch.write("zeros", [UInt8](repeating: 0, count: 10_240))
        try scratch.write("noise", (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })
        try run("/bin/sh", "-c", "gzip -c \"$0/text\" > \"$0/text.gz\"", scratch.path.string)
        try run("/bin/sh", "-c", "gzip -c \"$0/zeros\" | head -c 20 > \"$0/cut.tar.gz\"", scratch.path.string)
        for name in ["text", "empty", "zeros", "noise", "text.gz", "cut.tar.gz"] {
            let file = try scratch.open(name)
            defer { try? file.close() }
            #expect(try !ArchiveUnpacker().isArchive(file), "\(name)")
        }
    }

    @Test func `names that mean removal in a layer are ordinary`() throws {
        let scratch = try Scratch()
        try unpack(
            scratch,
            TarBytes.of {
                $0.add("d/.wh.x"); $0.add("d/.wh..wh..opq")
            }, at: "")
        #expect(try scratch.status("root/d/.wh.x")?.kind == .regular)
        #expect(try !scratch.isOpaque("root/d"))
    }

    @Test func `a hard link's own entry is the file's last word`() throws {
        let scratch = try Scratch()
        try unpack(
            scratch,
            TarBytes.of {
                $0.add("file", data: [1], mode: 0o604, owner: 5)
                $0.add("name", type: "1", mode: 0o640, owner: 6, link: "file")
            }, at: "/")
        #expect(try scratch.status("root/file")?.owner == 6)
        #expect(try scratch.status("root/file")?.permissions == 0o640)
    }

    @Test func `the directory unpacked into stays as it is`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("root/d")
        try run("/bin/chmod", "711", scratch["root/d"].string)
        try unpack(
            scratch,
            TarBytes.of {
                $0.add("./", type: "5", mode: 0o777, owner: 5)
                $0.add("./file", data: [1])
            }, at: "/d")
        #expect(try scratch.status("root/d")?.permissions == 0o711)
        #expect(try scratch.status("root/d")?.owner == 0)
    }

    @Test func `links of the root are resolved inside it`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("root/usr/bin")
        try scratch.makeDirectory("canary")
        try run("/bin/ln", "-s", "usr/bin", scratch["root/bin"].string)
        try run("/bin/ln", "-s", "../../../../../..", scratch["root/up"].string)
        try run("/bin/ln", "-s", "/usr", scratch["root/data"].string)
        try unpack(
            scratch,
            TarBytes.of {
                $0.add("bin/tool", data: [1])
                $0.add("up/usr/bin/other", data: [2])
            }, at: "/")
        try unpack(scratch, TarBytes.of { $0.add("share/file", data: [3]) }, at: "/data/x")
        #expect(try scratch.read("root/usr/bin/tool") == [1])
        #expect(try scratch.read("root/usr/bin/other") == [2])
        #expect(try scratch.read("root/usr/x/share/file") == [3])
        #expect(try scratch.status("root/bin")?.kind == .symbolicLink)
    }

    @Test func `what is there is merged with, files are replaced and not written through`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("root/d")
        try scratch.write("canary", "safe")
        try scratch.write("root/d/kept", "kept")
        try run("/bin/ln", "-s", scratch["canary"].string, scratch["root/d/link"].string)
        try run("/bin/ln", scratch["canary"].string, scratch["root/d/hard"].string)
        try unpack(
            scratch,
            TarBytes.of {
                $0.add("d/", type: "5", mode: 0o700)
                $0.add("d/link", data: [1])
                $0.add("d/hard", data: [2])
            }, at: "")
        #expect(try scratch.text("root/d/kept") == "kept")
        #expect(try scratch.read("root/d/link") == [1])
        #expect(try scratch.text("canary") == "safe")
    }

    @Test func `a given owner is everybody's`() throws {
        let scratch = try Scratch()
        let archive = TarBytes.of {
            $0.add("new/file", owner: 1, group: 2)
            $0.add("link", type: "2", owner: 1, link: "x")
            $0.add("pipe", type: "6", owner: 1)
        }
        try unpack(scratch, archive, at: "opt", owner: FileOwner(user: 33, group: 44))
        for name in ["opt", "opt/new", "opt/new/file", "opt/link", "opt/pipe"] {
            let status = try #require(try scratch.status("root/" + name))
            #expect(status.owner == 33 && status.group == 44, "\(name)")
        }
    }

    @Test(arguments: ["../x", "a/../../x"])
    func `names and targets above the root are refused`(_ name: String) throws {
        let scratch = try Scratch()
        #expect(throws: LayerError.self) { try unpack(scratch, TarBytes.of { $0.add(name) }, at: "") }
        #expect(throws: LayerError.self) { try unpack(scratch, TarBytes.of { $0.add("f") }, at: name) }
        #expect(try scratch.status("x") == nil)
    }

    @Test func `sparse files of GNU tar keep their holes' zeros`() throws {
        let scratch = try Scratch()
        try run("/usr/bin/truncate", "-s", "3M", scratch["sparse"].string)
        try run("/bin/sh", "-c", "printf end >> \"$0/sparse\"", scratch.path.string)
        for format in ["gnu", "posix"] {
            try run(
                "/bin/tar", "-C", scratch.path.string, "-S", "--format=\(format)", "-cf", scratch["s.tar"].string,
                "sparse")
            try unpack(scratch, scratch.read("s.tar"), at: format)
            #expect(try scratch.read("root/\(format)/sparse") == scratch.read("sparse"))
        }
    }
}
