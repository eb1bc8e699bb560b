// Honest layers, unpacked into the form of an overlay's upper directory.
import CLinux
import Digests
import Foundation
import Glibc
import Layers
import SystemPackage
import Testing

@Suite(Privilege.trait) struct `Reading layers` {
    @Test func `upper, layer and upper again are the same`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("upper/deep/er")
        try scratch.makeDirectory("upper/hidden")
        try scratch.write("upper/deep/file", String(repeating: "text ", count: 100_000))
        try scratch.write("upper/deep/er/suid", "s")
        try run("/bin/ln", scratch["upper/deep/file"].string, scratch["upper/same"].string)
        try run("/bin/ln", "-s", "../x", scratch["upper/deep/link"].string)
        try run("/bin/mknod", "-m", "666", scratch["upper/zero"].string, "c", "1", "5")
        try run("/bin/chown", "-h", "12:34", scratch["upper/deep/link"].string)
        try run("/bin/chmod", "6711", scratch["upper/deep/er/suid"].string)
        try run("/bin/chmod", "0500", scratch["upper/deep/er"].string)
        try scratch.whiteout("upper/deep/gone")
        try scratch.setAttribute("upper/hidden", "trusted.overlay.opaque", [UInt8(ascii: "y")])
        // cap_net_raw=ep
        let capability: [UInt8] = [1, 0, 0, 2, 0, 32, 0, 0] + [UInt8](repeating: 0, count: 12)
        try scratch.setAttribute("upper/deep/er/suid", "security.capability", capability)
        for name in ["deep/er", "deep", "hidden", "same", "zero"] {
            try run("/usr/bin/touch", "-d", "@1234567890", scratch["upper/" + name].string)
        }
        for name in ["deep/er/suid", "deep/link", "deep/gone"] {
            try run("/usr/bin/touch", "-h", "-d", "@1111111111", scratch["upper/" + name].string)
        }
        let file = try scratch.create("layer.gz")
        defer { try? file.close() }
        let layer = try LayerWriter(times: .kept).writeCompressed(scratch["upper"], to: file, cores: 2)
        try file.seek(offset: 0, from: .start)
        let mask = umask(0o077)
        defer { _ = umask(mask) }
        let read = try LayerReader().extract(
            from: ByteSource(file), into: scratch["back"], expecting: layer.summary.diffID)
        #expect(read.entryCount == layer.summary.entryCount)
        #expect(read.byteCount == layer.summary.byteCount)
        #expect(try scratch.listing("upper") == scratch.listing("back"))
        #expect(try scratch.status("back/deep/gone")?.isWhiteout == true)
        #expect(try scratch.isOpaque("back/hidden"))
        #expect(try scratch.attribute("back/deep/er/suid", "security.capability") == capability)
        #expect(try scratch.status("back/same")?.linkCount == 2)
        #expect(try scratch.read("back/same") == scratch.read("upper/same"))
        #expect(try LayerWriter(times: .kept).summarize(scratch["back"]) == layer.summary)
    }

    @Test(arguments: [1, 7, 511, 4096])
    func `gzip members may begin anywhere in what is read at once`(_ chunk: Int) throws {
        let scratch = try Scratch()
        let tar = TarBytes.of {
            $0.add("a", data: Array(repeating: 65, count: 3000))
            $0.add("b", data: Array(0...255))
        }
        try scratch.write("all.tar", tar)
        // 20 members with and without a name in their headers.
        try run(
            "/bin/sh", "-c",
            """
            cd "$0"; split -b 300 all.tar part.; for p in part.*; do gzip $p; done
            head -c 0 all.tar | gzip > part.empty; cat part.* > all.gz
            """,
            scratch.path.string)
        var rest = try scratch.read("all.gz")[...]
        let source = unsafe ByteSource { buffer in
            let count = min(chunk, rest.count, buffer.count)
            unsafe buffer.copyBytes(from: rest.prefix(count))
            rest = rest.dropFirst(count)
            return count
        }
        let layer = try LayerReader().extract(from: source, into: scratch["out"], expecting: BlobDigest(of: tar))
        #expect(layer.byteCount == Int64(tar.count))
        #expect(try scratch.read("out/b") == Array(0...255))
    }

    @Test(arguments: ["cat", "gzip -c", "zstd -qc"])
    func `the compression is told by the first bytes`(_ command: String) throws {
        let scratch = try Scratch()
        let tar = TarBytes.of { $0.add("name", data: Array("contents".utf8)) }
        try scratch.write("in", tar)
        try run("/bin/sh", "-c", "\(command) < \"$0/in\" > \"$0/packed\"", scratch.path.string)
        let file = try scratch.open("packed")
        defer { try? file.close() }
        _ = try LayerReader().extract(from: ByteSource(file), into: scratch["out"], expecting: BlobDigest(of: tar))
        #expect(try scratch.text("out/name") == "contents")
    }

    @Test func `bytes after the archive's end belong to the diff id`() throws {
        let scratch = try Scratch()
        let bytes = TarBytes.of { $0.add("a") } + Array("anything after the end".utf8)
        let layer = try scratch.extract(bytes, into: "out")
        #expect(layer.diffID == BlobDigest(of: bytes))
    }

    @Test func `a wrong diff id leaves nothing`() throws {
        let scratch = try Scratch()
        let bytes = TarBytes.of { $0.add("a") }
        let (wrong, right) = (BlobDigest(of: []), BlobDigest(of: bytes))
        #expect(throws: LayerError.wrongDiffID(expected: wrong, actual: right)) {
            try LayerReader().extract(from: ByteSource(bytes), into: scratch["out"], expecting: wrong)
        }
        #expect(try scratch.status("out") == nil)
    }

    @Test func `what stands at the target already is left alone`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("out")
        try scratch.write("out/mine", "1")
        #expect(throws: LayerError.self) { try scratch.extract(TarBytes.of { $0.add("a") }, into: "out") }
        #expect(try scratch.text("out/mine") == "1")
    }

    @Test func `a stream without any bytes is an empty layer`() throws {
        let scratch = try Scratch()
        #expect(try scratch.extract([], into: "out").entryCount == 0)
    }

    @Test func `the last of several entries with one name counts`() throws {
        let scratch = try Scratch()
        let layer = TarBytes.of {
            $0.add("a", data: [1])
            $0.add("a", data: [2])
            $0.add("dir/", type: "5", mode: 0o700)
            $0.add("dir/kept", data: [3])
            $0.add("dir/", type: "5", mode: 0o711, time: 42)
            $0.add("swap/", type: "5")
            $0.add("swap/inner/file", data: [4])
            $0.add("swap", type: "2", link: "dir")
            $0.add("file")
            $0.add("file", type: "5", mode: 0o755)
        }
        try scratch.extract(layer, into: "out")
        #expect(try scratch.read("out/a") == [2])
        #expect(try scratch.read("out/dir/kept") == [3])
        #expect(try scratch.status("out/dir")?.permissions == 0o711)
        #expect(try scratch.status("out/dir")?.modified.seconds == 42)
        #expect(try scratch.status("out/swap")?.kind == .symbolicLink)
        #expect(try scratch.status("out/file")?.kind == .directory)
    }

    @Test(arguments: [
        (Int64.min, Int64(0)), (-5, -5), (9_223_372_035, 9_223_372_035), (9_223_372_036, 0), (.max, 0),
    ])
    func `times that other engines cannot hold are 1970's beginning`(_ written: Int64, _ read: Int64) throws {
        let scratch = try Scratch()
        try scratch.extract(TarBytes.of { $0.add("file", time: written) }, into: "out")
        #expect(try scratch.status("out/file")?.modified.seconds == read)
    }

    @Test func `directories that are not described get 0755 and a fixed time`() throws {
        let scratch = try Scratch()
        let mask = umask(0o077)
        defer { _ = umask(mask) }
        try scratch.extract(TarBytes.of { $0.add("made/for/file") }, into: "out")
        let made = try #require(try scratch.status("out/made"))
        #expect(made.permissions == 0o755 && made.owner == 0 && made.modified.seconds == 0)
    }

    @Test func `names behind a link of the same layer go where it points, inside`() throws {
        let scratch = try Scratch()
        let layer = TarBytes.of {
            $0.add("usr/lib/", type: "5")
            $0.add("lib", type: "2", link: "/usr/lib")
            $0.add("climb", type: "2", link: "../../../../../../usr/lib")
            $0.add("lib/one", data: [1])
            $0.add("climb/two", data: [2])
            $0.add("climb/sub/three", data: [3])
        }
        try scratch.extract(layer, into: "out")
        #expect(try scratch.read("out/usr/lib/one") == [1])
        #expect(try scratch.read("out/usr/lib/two") == [2])
        #expect(try scratch.read("out/usr/lib/sub/three") == [3])
    }

    @Test func `names that begin with a slash or lead back inside are taken`() throws {
        let scratch = try Scratch()
        try scratch.extract(
            TarBytes.of {
                $0.add("/etc/one")
                $0.add("./x/../two")
                $0.add("./", type: "5", mode: 0o711, owner: 7)
            }, into: "out")
        #expect(try scratch.status("out/etc/one")?.kind == .regular)
        #expect(try scratch.status("out/two")?.kind == .regular)
        #expect(try scratch.status("out")?.permissions == 0o711)
        #expect(try scratch.status("out")?.owner == 7)
    }
}

@Suite(Privilege.trait) struct `Whiteouts of layers` {
    @Test func `become devices and opaque marks`() throws {
        let scratch = try Scratch()
        try scratch.extract(
            TarBytes.of {
                $0.add("dir/.wh.gone")
                $0.add("other/", type: "5", mode: 0o750)
                $0.add("other/.wh..wh..opq")
                $0.add(".wh..wh.plnk/123.456")
                $0.add(".wh..wh.aufs")
            }, into: "out")
        #expect(try scratch.status("out/dir/gone")?.isWhiteout == true)
        #expect(try scratch.isOpaque("out/other"))
        #expect(try scratch.status("out/other")?.permissions == 0o750)
        #expect(try Directory(scratch["out"]).names().count == 2)
    }

    @Test(arguments: [true, false])
    func `hide lower layers only, before and after the entry itself`(_ first: Bool) throws {
        let scratch = try Scratch()
        let layer = TarBytes.of {
            if first { $0.add(".wh.file"); $0.add(".wh.dir"); $0.add(".wh.implied") }
            $0.add("file", data: [1])
            $0.add("dir/", type: "5")
            $0.add("implied/inner", data: [2])
            if !first { $0.add(".wh.file"); $0.add(".wh.dir"); $0.add(".wh.implied") }
        }
        try scratch.extract(layer, into: "out")
        #expect(try scratch.read("out/file") == [1])
        #expect(try scratch.isOpaque("out/dir"))
        #expect(try scratch.isOpaque("out/implied"))
        #expect(try scratch.read("out/implied/inner") == [2])
    }

    @Test func `of a directory's contents keep what the layer put there before`() throws {
        let scratch = try Scratch()
        try scratch.extract(
            TarBytes.of {
                $0.add("d/kept", data: [1])
                $0.add("d/.wh..wh..opq")
                $0.add("d/later", data: [2])
            }, into: "out")
        #expect(try scratch.isOpaque("out/d"))
        #expect(try Directory(scratch["out/d"]).names().count == 2)
    }

    @Test func `work in a mounted overlay`() async {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            let below = TarBytes.of {
                $0.add("d/old")
                $0.add("o/old")
                $0.add("f")
            }
            let above = TarBytes.of {
                $0.add("d/.wh.old")
                $0.add("o/.wh..wh..opq")
                $0.add("o/new")
                $0.add(".wh.f")
            }
            try scratch.extract(below, into: "below")
            try scratch.extract(above, into: "above")
            try scratch.makeDirectory("merged")
            // The namespace is this thread's: nothing may suspend until the end.
            try #require(linux_unshare_mounts() == 0)
            let mounted = unsafe scratch["above"].withCString { above in
                unsafe scratch["below"].withCString { below in
                    var lower: [UnsafePointer<CChar>?] = unsafe [above, below]
                    return unsafe linux_mount_layers(&lower, 2, nil, nil, scratch["merged"].string)
                }
            }
            try #require(mounted == 0)
            defer { unsafe umount2(scratch["merged"].string, Int32(MNT_DETACH)) }
            let names = { (name: String) in
                try Directory(scratch[name]).names().map { String(decoding: $0, as: UTF8.self) }.sorted()
            }
            try #require(try names("merged") == ["d", "o"])
            try #require(try names("merged/d") == [])
            try #require(try names("merged/o") == ["new"])
        }
    }
}
