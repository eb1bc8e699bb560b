// COPY against sources and roots that want to reach outside.
import CLinux
import Glibc
import Testing

@testable import Sandbox

// Safety: paths and small buffers are passed to system calls for the length of the call only.

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct `Hostile copies` {
    @Test(arguments: ["/../../../../../../tmp", "../outside", "ABSOLUTE", "/proc/self/root/tmp", "/proc/self/cwd"])
    func `through a link in the destination stay inside`(_ target: String) throws {
        let copy = try CopyWorld()
        let target = target == "ABSOLUTE" ? copy.world.path + "/outside" : target
        try copy.world.write("src/canary", "overwritten")
        try copy.world.write("src/tree/link/canary", "overwritten")
        try copy.world.link("dst/link", to: target)
        for destination in ["/link/", "/link/canary", "/link/../link/x/../canary"] {
            _ = try? copy.copy(["canary"], to: destination)
        }
        // A directory of a tree never goes through a link.
        #expect(throws: SandboxError.self) { try copy.copy(["tree"], to: "/") }
        try copy.expectCanary()
        #expect(try copy.world.target(of: "dst/link") == target)
    }

    @Test(arguments: ["link", "link/canary", "li*/canary", "folder"])
    func `read nothing outside their source`(_ source: String) throws {
        let copy = try CopyWorld()
        try copy.world.link("src/link", to: copy.world.path + "/outside")
        try copy.world.link("src/folder", to: "../outside")
        _ = try? copy.copy([source], to: "/got/")
        _ = try? copy.copy([source], to: "/got/") { $0.parents = everything }
        #expect(try copy.made().allSatisfy { !$0.hasSuffix("canary") })
        try copy.expectCanary()
    }

    @Test func `copy links below a source as links`() throws {
        let copy = try CopyWorld()
        try copy.world.link("src/tree/secret", to: copy.world.path + "/outside/canary")
        try copy.copy(["tree"], to: "/t")
        #expect(try copy.world.target(of: "dst/t/secret") == copy.world.path + "/outside/canary")
    }

    @Test func `ask a root's accounts inside the root`() throws {
        let copy = try CopyWorld()
        try copy.world.write("src/a")
        try copy.world.write("outside/passwd", "evil:x:666:666::/:\n")
        try copy.world.link("dst/etc", to: copy.world.path + "/outside")
        try copy.copy(["a"], to: "/a") { $0.owner = "evil" }
        #expect(try copy.owner("a") == .root)
        try Kernel.removeTree(try FileName(copy.world.path + "/dst/etc"))
        try copy.world.folder("dst/etc")
        #expect(unsafe mkfifo(copy.world.path + "/dst/etc/passwd", 0o644) == 0)
        #expect(throws: SandboxError.self) { try copy.copy(["a"], to: "/a") { $0.owner = "evil" } }
        try Kernel.removeTree(try FileName(copy.world.path + "/dst/etc/passwd"))
        // /dev/full: opening it is harmless, and nobody must do it.
        let made = unsafe linux_mknodat(AT_FDCWD, copy.world.path + "/dst/etc/passwd", S_IFCHR | 0o666, 1, 7)
        try #require(made == 0)
        let error = #expect(throws: SandboxError.self) { try copy.copy(["a"], to: "/a") { $0.owner = "evil" } }
        #expect(error == .image("/etc/passwd in the image is not a regular file"))
    }

    @Test func `open no device`() throws {
        let world = try World()
        // A device without a driver: opening it fails, holding it does not.
        #expect(unsafe linux_mknodat(AT_FDCWD, world.path + "/device", S_IFCHR | 0o777, 511, 1_048_575) == 0)
        let held = try world.root("").openIfPresent("device", flags: Kernel.pathOnly)
        #expect(try Kernel.openFile(try #require(held)) == nil)
        #expect(throws: SandboxError.image("/device in the image is not a regular file")) {
            try world.root("").read("/device")
        }
        #expect(throws: SandboxError.self) {
            try StepProgram.check("/device", environment: [], directory: "/", in: world.root(""), hidden: [])
        }
    }

    @Test func `refuse account files without end`() throws {
        let copy = try CopyWorld()
        try copy.world.write("src/a")
        try copy.world.write("dst/etc/passwd")
        #expect(unsafe truncate(copy.world.path + "/dst/etc/passwd", 11 << 20) == 0)
        #expect(throws: SandboxError.self) { try copy.copy(["a"], to: "/a") { $0.owner = "evil" } }
    }

    @Test func `end at links in a circle`() throws {
        let copy = try CopyWorld()
        try copy.world.link("src/one", to: "two")
        try copy.world.link("src/two", to: "one")
        try copy.world.link("dst/loop", to: "loop/loop")
        try copy.world.write("src/a")
        #expect(throws: SystemError.self) { try copy.copy(["one"], to: "/x") }
        #expect(throws: SystemError.self) { try copy.copy(["a"], to: "/loop/x") }
    }
}
