// Archives made to harm: each is refused with a reason or kept inside, and nothing is left of those refused.
import Foundation
import Layers
import SystemPackage
import Testing

@Suite(Privilege.trait) struct `Hostile layers` {
    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Part of the message.
        let reason: String
        let bytes: [UInt8]

        init(_ name: String, _ reason: String, _ build: (inout TarBytes) -> Void) {
            (testDescription, self.reason, bytes) = (name, reason, TarBytes.of(build))
        }
    }

    static let refused: [Attack] = [
        Attack("name above the root", "above the root") { $0.add("../evil") },
        Attack("name above the root in the middle", "above the root") { $0.add("a/../../evil") },
        Attack("absolute name above the root", "above the root") { $0.add("/../evil") },
        Attack("hard link to a file of the host", "not in the archive") { $0.add("p", type: "1", link: "/etc/passwd") },
        Attack("hard link above the root", "above the root") { $0.add("p", type: "1", link: "../../etc/passwd") },
        Attack("hard link through a link", "not in the archive") {
            $0.add("out", type: "2", link: "/../../../../../../etc")
            $0.add("p", type: "1", link: "out/passwd")
        },
        Attack("hard link to a directory", "a directory") {
            $0.add("d/", type: "5")
            $0.add("p", type: "1", link: "d")
        },
        Attack("hard link to a whiteout", "not in the archive") {
            $0.add(".wh.x")
            $0.add("p", type: "1", link: "x")
        },
        Attack("file below a file", "no directory") {
            $0.add("a")
            $0.add("a/b")
        },
        Attack("file behind a link that leads nowhere", "leads nowhere") {
            $0.add("a", type: "2", link: "/no/where")
            $0.add("a/b")
        },
        Attack("file behind links in a circle", "symbolic links") {
            $0.add("a", type: "2", link: "b")
            $0.add("b", type: "2", link: "a")
            $0.add("a/x")
        },
        Attack("file behind a link to itself below proc", "leads nowhere") {
            $0.add("a", type: "2", link: "/proc/self/root/etc")
            $0.add("a/x")
        },
        Attack("device 0/0", "removed file") { $0.add("w", type: "3") },
        Attack("whiteout of nothing", "through itself") { $0.add("d/.wh.") },
        Attack("whiteout of its directory", "through itself") { $0.add("d/.wh..") },
        Attack("whiteout of the directory above", "through itself") { $0.add("d/.wh...") },
        Attack("file below a whiteout's name", "means removal") { $0.add("d/.wh.x/file") },
        Attack("file below a dotted whiteout's name", "means removal") { $0.add(".wh.../x") },
        Attack("file in place of the root", "replace the root") { $0.add("./", type: "2", link: "/etc") },
        Attack("link to nothing", "link to nothing") { $0.add("l", type: "2") },
        Attack("owner that means unchanged", "no user number") { $0.add("f", owner: 0xffff_ffff) },
        Attack("negative owner", "no user number") { $0.add("f", owner: -7) },
        Attack("size of 2^60", "size of its files") { $0.add("f", size: 1 << 60) },
        Attack("size that pax makes 2^62", "size of its files") {
            $0.addPax([("size", "4611686018427387904")])
            $0.add("f")
        },
        Attack("sparse file of 2^60", "size of its files") {
            $0.addPax([
                ("GNU.sparse.major", "0"), ("GNU.sparse.minor", "1"), ("GNU.sparse.name", "s"),
                ("GNU.sparse.size", "1152921504606846976"), ("GNU.sparse.numblocks", "1"),
                ("GNU.sparse.map", "1152921504606846464,512"),
            ])
            $0.add("s", data: [UInt8](repeating: 1, count: 512))
        },
        Attack("data cut short", "Truncated") { $0.add("f", size: 1 << 20) },
        Attack("long name of 2 MiB", "too large") {
            $0.add("././@LongLink", type: "L", data: [UInt8](repeating: 97, count: 2 << 20))
            $0.add("f")
        },
        Attack("pax header of 2 MiB", "too large") {
            $0.addPax([("comment", [UInt8](repeating: 97, count: 2 << 20))])
            $0.add("f")
        },
        Attack("10,000 long names in a row", "is refused") {
            for _ in 0..<10_000 { $0.add("././@LongLink", type: "L", data: [97]) }
            $0.add("f")
        },
        Attack("10,000 pax headers in a row", "is refused") {
            for _ in 0..<10_000 { $0.addPax([("path", "a")]) }
            $0.add("f")
        },
        Attack("path longer than the kernel's", "length of a path") {
            $0.addPax([("path", String(repeating: "d/", count: 2100))])
            $0.add("f")
        },
        Attack("name longer than the kernel's", "length of a name") {
            $0.addPax([("path", String(repeating: "n", count: 256))])
            $0.add("f")
        },
        Attack("link's target longer than the kernel's", "length of a link") {
            $0.addPax([("linkpath", String(repeating: "n", count: 5000))])
            $0.add("f", type: "2", link: "x")
        },
        Attack("attribute of 65,537 bytes", "extended attributes") {
            $0.addPax([("SCHILY.xattr.user.big", [UInt8](repeating: 97, count: 65_537))])
            $0.add("f")
        },
        Attack("129 attributes", "extended attributes") {
            $0.addPax((0..<129).map { ("SCHILY.xattr.user.a\($0)", "v") })
            $0.add("f")
        },
        Attack("no archive at all", "Unrecognized") { _ in }.with(
            bytes: Array("this is just text, and long enough for a block. ".utf8) + [UInt8](repeating: 7, count: 600)),
    ]

    @Test(arguments: refused)
    func `are refused and leave nothing`(_ attack: Attack) throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("canary")
        let before = try scratch.listing("")
        #expect {
            try scratch.extract(attack.bytes, into: "out")
        } throws: { error in
            error is LayerError && "\(error)".contains(attack.reason)
        }
        #expect(try scratch.listing("") == before)
    }

    @Test func `links out of the layer do not lead writes out`() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("canary")
        let canary = scratch["canary"].string
        try scratch.extract(
            TarBytes.of {
                $0.add(String(canary.dropFirst()) + "/", type: "5")
                $0.add("abs", type: "2", link: canary)
                $0.add("abs/file", data: [1])
                $0.add("abs/.wh.x")
                $0.add("abs/.wh..wh..opq")
            }, into: "out")
        #expect(try Directory(scratch["canary"]).names().isEmpty)
        #expect(try !scratch.isOpaque("canary"))
        #expect(try scratch.read("out" + canary + "/file") == [1])
    }

    @Test func `attributes that steer the overlay are not set`() throws {
        let scratch = try Scratch()
        try scratch.extract(
            TarBytes.of {
                $0.addPax([
                    ("SCHILY.xattr.trusted.overlay.opaque", "y"), ("SCHILY.xattr.trusted.overlay.redirect", "/etc"),
                    ("SCHILY.xattr.user.note", "v"),
                ])
                $0.add("d/", type: "5")
            }, into: "out")
        #expect(try !scratch.isOpaque("out/d"))
        #expect(try scratch.attribute("out/d", "trusted.overlay.redirect") == nil)
        #expect(try scratch.attribute("out/d", "user.note") == Array("v".utf8))
    }

    @Test func `odd names are names like others`() throws {
        let scratch = try Scratch()
        let names: [[UInt8]] = [
            Array("new\nline".utf8), [0xff, 0xfe], Array("-rf".utf8), Array("back\\slash".utf8), Array("..x".utf8),
            Array("...".utf8), [0x1b, 0x5b, 0x41], Array(String(repeating: "n", count: 255).utf8),
        ]
        let layer = TarBytes.of { tar in
            for name in names {
                if name.count > 100 { tar.addPax([("path", name)]) }
                tar.addRaw(name)
            }
        }
        try scratch.extract(layer, into: "out")
        #expect(try Set(Directory(scratch["out"]).names()) == Set(names))
    }

    @Test func `a name with a NUL ends there`() throws {
        let scratch = try Scratch()
        try scratch.extract(
            TarBytes.of {
                $0.addPax([("path", Array("short\0/../../evil".utf8))])
                $0.add("f")
            }, into: "out")
        #expect(try Directory(scratch["out"]).names() == [Array("short".utf8)])
    }

    @Test func `devices are made as other engines make them`() throws {
        let scratch = try Scratch()
        try scratch.extract(TarBytes.of { $0.add("dev/null", type: "3", mode: 0o666, major: 1, minor: 3) }, into: "out")
        let device = try #require(try scratch.status("out/dev/null"))
        #expect(device.kind == .character && device.device == DeviceNumber(major: 1, minor: 3))
    }

    @Test func `each limit has its own message`() throws {
        let scratch = try Scratch()
        var limits = LayerLimits.standard
        limits.entries = 3
        limits.hardLinks = 1
        let many = TarBytes.of { for index in 0..<4 { $0.add("f\(index)") } }
        #expect(throws: LayerError.exceeded(limit: "the number of entries", allowed: 3, entry: "\"f3\"")) {
            try scratch.extract(many, into: "out", limits: limits)
        }
        let links = TarBytes.of {
            $0.add("f")
            for index in 0..<2 { $0.add("l\(index)", type: "1", link: "f") }
        }
        #expect(throws: LayerError.exceeded(limit: "the number of hard links", allowed: 1, entry: "\"l1\"")) {
            try scratch.extract(links, into: "out", limits: limits)
        }
    }

    @Test(arguments: ["gzip -c", "zstd -qc"])
    func `bombs stop at the ratio and at the size`(_ command: String) throws {
        let scratch = try Scratch()
        let size = 64 << 20
        var tar = TarBytes()
        tar.add("zeros", size: Int64(size))
        try scratch.write("head", tar.bytes)
        try run(
            "/bin/sh", "-c", "(cat \"$0/head\"; head -c \(size + 1024) /dev/zero) | \(command) > \"$0/bomb\"",
            scratch.path.string)
        let bomb = try scratch.read("bomb")
        var limits = LayerLimits.standard
        limits.ratio = 100
        limits.ratioFreeBytes = 1 << 20
        #expect { try scratch.extract(bomb, into: "out", limits: limits) } throws: { "\($0)".contains("ratio") }
        limits = .standard
        limits.archiveBytes = 1 << 20
        #expect { try scratch.extract(bomb, into: "out", limits: limits) } throws: { "\($0)".contains("size") }
        try scratch.extract(bomb, into: "out")
        #expect(try scratch.status("out/zeros")?.size == Int64(size))
    }

    @Test func `a sparse map without end is not read to memory`() throws {
        let scratch = try Scratch()
        let map =
            [UInt8](repeating: 0, count: 0) + Array("4000000\n".utf8)
            + Array(repeating: Array("0\n0\n".utf8), count: 4_000_000).joined()
        let attack = TarBytes.of {
            $0.addPax([
                ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s"),
                ("GNU.sparse.realsize", "0"),
            ])
            $0.add("s", data: map)
        }
        #expect { try scratch.extract(attack, into: "out") } throws: { "\($0)".contains("header") }
    }

    @Test(arguments: [0, 1, 9, 10, 17, 18, 60])
    func `compressed data cut short or followed by garbage is refused`(_ kept: Int) throws {
        let scratch = try Scratch()
        try scratch.write("in", TarBytes.of { $0.add("f", data: Array(0...255)) })
        try run("/bin/sh", "-c", "gzip -c < \"$0/in\" > \"$0/packed\"", scratch.path.string)
        let packed = try scratch.read("packed")
        for bytes in [packed.dropLast(kept + 1) + [], packed + Array(repeating: 7, count: kept + 1)] {
            #expect(throws: LayerError.self) { try scratch.extract(bytes, into: "out") }
        }
        #expect(try scratch.status("out") == nil)
    }

    @Test func `a changed byte in compressed data is noticed`() throws {
        let scratch = try Scratch()
        try scratch.write("in", TarBytes.of { $0.add("f", data: Array(0...255)) })
        try run("/bin/sh", "-c", "gzip -c < \"$0/in\" > \"$0/packed\"", scratch.path.string)
        var packed = try scratch.read("packed")
        packed[packed.count - 6] ^= 1
        #expect { try scratch.extract(packed, into: "out") } throws: { "\($0)".contains("checksum") }
    }
}

extension `Hostile layers`.Attack {
    func with(bytes: [UInt8]) -> Self { Self(testDescription: testDescription, reason: reason, bytes: bytes) }

    private init(testDescription: String, reason: String, bytes: [UInt8]) {
        (self.testDescription, self.reason, self.bytes) = (testDescription, reason, bytes)
    }
}
