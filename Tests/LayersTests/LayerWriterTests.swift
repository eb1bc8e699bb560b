// Layers as other programs read them: Python's tarfile and GNU tar.
import CLinux
import Digests
import Foundation
import Layers
import SystemPackage
import Testing

@Suite(Privilege.trait) struct `Writing layers` {
    /// One line for each member: name, type, mode, owner, time, size, link, device, attributes.
    private static let reader = """
        import sys, tarfile
        with tarfile.open(fileobj=sys.stdin.buffer, mode='r|', errorlevel=2) as tar:
            for m in tar:
                x = sorted((k, v) for k, v in m.pax_headers.items() if k.startswith('SCHILY.xattr.'))
                print(m.name, m.type.decode(), oct(m.mode), m.uid, m.gid, m.uname + '|' + m.gname, m.mtime, m.size,
                      m.linkname or '-', m.devmajor, m.devminor, x)
        """

    private func members(of tar: FilePath) throws -> [String] {
        try run("/usr/bin/python3", "-c", Self.reader, input: tar).split(separator: "\n").map(String.init)
    }

    private func write(_ scratch: Scratch, _ times: LayerTimes = .fixed(1)) throws -> LayerSummary {
        let file = try scratch.create("out.tar")
        defer { try? file.close() }
        return unsafe try LayerWriter(times: times).write(scratch["upper"]) { _ = try unsafe file.writeAll($0) }
    }

    @Test func `every kind of file is written as Python reads it`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper/dir")
        try scratch.write("upper/dir/suid", "x")
        try scratch.write("upper/first", "12345")
        try run("/bin/ln", scratch["upper/first"].string, scratch["upper/second"].string)
        try run("/bin/ln", "-s", "/no/where", scratch["upper/link"].string)
        try run("/usr/bin/mkfifo", "-m", "640", scratch["upper/pipe"].string)
        try run("/bin/mknod", "-m", "600", scratch["upper/null"].string, "c", "1", "3")
        try run("/bin/mknod", "-m", "660", scratch["upper/disk"].string, "b", "7", "9")
        try run("/bin/chown", "1000:3000000", scratch["upper/dir/suid"].string)
        try run("/bin/chmod", "4755", scratch["upper/dir/suid"].string)
        try run("/bin/chmod", "1777", scratch["upper/dir"].string)
        try run("/bin/chmod", "644", scratch["upper/first"].string)
        try scratch.whiteout("upper/gone")
        try scratch.setAttribute("upper/first", "user.note", Array("kept".utf8))
        try scratch.setAttribute("upper/first", "trusted.overlay.origin", [1, 2, 3])
        let summary = try write(scratch)
        #expect(
            try members(of: scratch["out.tar"]) == [
                ".wh.gone 0 0o0 0 0 | 1 0 - 0 0 []",
                "dir 5 0o1777 0 0 | 1 0 - 0 0 []",
                "dir/suid 0 0o4755 1000 3000000 | 1 1 - 0 0 []",
                "disk 4 0o660 0 0 | 1 0 - 7 9 []",
                "first 0 0o644 0 0 | 1 5 - 0 0 [('SCHILY.xattr.user.note', 'kept')]",
                "link 2 0o777 0 0 | 1 0 /no/where 0 0 []",
                "null 3 0o600 0 0 | 1 0 - 1 3 []",
                "pipe 6 0o640 0 0 | 1 0 - 0 0 []",
                "second 1 0o644 0 0 | 1 0 first 0 0 []",
            ])
        #expect(summary.entryCount == 9)
        let bytes = try scratch.read("out.tar")
        #expect(summary.byteCount == Int64(bytes.count))
        let digest = try run("/usr/bin/sha256sum", scratch["out.tar"].string)
        #expect(digest.hasPrefix(summary.diffID.hex))
        #expect(!bytes.containsText("LIBARCHIVE") && !bytes.containsText("hdrcharset"))
    }

    @Test func `paths are in byte order with whiteouts first in their directory`() throws {
        let scratch = try Scratch()
        for name in ["upper/a", "upper/b", "upper/a/z"] { try scratch.makeDirectory(name) }
        for name in ["a.b", "a0", "A", "a/c", "-first", "é"] { try scratch.write("upper/" + name, "") }
        try scratch.whiteout("upper/x")
        try scratch.whiteout("upper/a/y")
        try scratch.setAttribute("upper/b", "trusted.overlay.opaque", [UInt8(ascii: "y")])
        _ = try write(scratch)
        #expect(
            try run("/bin/tar", "tf", scratch["out.tar"].string, "--quoting-style=literal").split(separator: "\n") == [
                ".wh.x", "-first", "A", "a.b", "a/", "a/.wh.y", "a/c", "a/z/", "a0", "b/", "b/.wh..wh..opq", "é",
            ])
    }

    @Test func `long names and names that are not UTF-8 survive`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        let long = String(repeating: "n", count: 250)
        try scratch.write("upper/" + long, "1")
        let directory = try Directory(scratch["upper"])
        _ = try directory.makeFile([0x66, 0xe9, 0x0a])
        _ = try write(scratch)
        #expect(
            try run("/bin/tar", "tf", scratch["out.tar"].string).split(separator: "\n") == [
                "f\\351\\n", Substring(long),
            ])
        try scratch.extract(scratch.read("out.tar"), into: "back")
        #expect(try Directory(scratch["back"]).names().contains([0x66, 0xe9, 0x0a]))
        #expect(try scratch.text("back/" + long) == "1")
    }

    @Test func `kept times are whole seconds, before 1970 too`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        try scratch.write("upper/new", "")
        try scratch.write("upper/old", "")
        try run("/usr/bin/touch", "-d", "@1700000000.987654321", scratch["upper/new"].string)
        try run("/usr/bin/touch", "-d", "@-5", scratch["upper/old"].string)
        _ = try write(scratch, .kept)
        #expect(
            // Python shows what comes from a pax header as a fraction.
            try members(of: scratch["out.tar"]).map { $0.split(separator: " ")[6] } == ["1700000000", "-5.0"])
    }

    @Test func `an upper directory without changes is an empty layer`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        let summary = try write(scratch)
        #expect(summary.isEmpty)
        // SHA-256 of 1,024 zero bytes: the empty layer that every registry knows.
        #expect(summary.diffID.hex == "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef")
    }

    @Test func `sockets are left out`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        let script = "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
        try run("/usr/bin/python3", "-c", script, scratch["upper/socket"].string)
        #expect(try write(scratch).isEmpty)
    }

    @Test func `the bytes depend on neither umask nor the order of making`() throws {
        let (one, other) = (try Scratch(), try Scratch())
        let names = (0..<40).map { "upper/f\($0)" }
        for (scratch, names) in [(one, names), (other, names.reversed())] {
            try scratch.makeDirectory("upper")
            for name in names {
                try scratch.write(name, name)
                try scratch.setAttribute(name, "user.b", [2])
                try scratch.setAttribute(name, "user.a", [1])
            }
        }
        #expect(try write(one).diffID == write(other).diffID)
    }

    @Test(arguments: ["upper/.wh.x", "upper/.wh..wh..opq"])
    func `a file whose name would mean removal is refused`(_ name: String) throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        try scratch.write(name, "")
        #expect { try write(scratch) } throws: { "\($0)".contains(".wh.") }
    }

    @Test func `a file that overlayfs keeps in part is refused`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        try scratch.write("upper/part", "")
        try scratch.setAttribute("upper/part", "trusted.overlay.metacopy", [0])
        #expect { try write(scratch) } throws: { "\($0)".contains("lower layer") }
    }

    @Test func `the caller's checkpoint stops the work`() throws {
        struct Stopped: Error {}
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        try scratch.write("upper/a", "")
        #expect(throws: Stopped.self) {
            try LayerWriter(times: .kept) { throw Stopped() }.summarize(scratch["upper"])
        }
    }

    @Test func `a tree deeper than a process may open files is written and removed`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper")
        let script = "import os,sys; os.chdir(sys.argv[1]); [(os.mkdir('d'), os.chdir('d')) for _ in range(1800)]"
        try run("/usr/bin/python3", "-c", script, scratch["upper"].string)
        #expect(try write(scratch).entryCount == 1800)
        try Directory(scratch.path).removeTree(Array("upper".utf8))
        #expect(try scratch.status("upper") == nil)
    }
}

extension [UInt8] {
    func containsText(_ text: String) -> Bool { Data(self).range(of: Data(text.utf8)) != nil }
}
