// What is mounted into steps, and what stays of it.
import CLinux
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Sandbox

// Safety: paths and small buffers are passed to system calls for the length of the call only.

@Suite(.enabled(if: Ground.isReady, Ground.need)) struct `Mounts of a step` {
    @Test(arguments: Ground.runtimes) func `are read-only where that is asked`(_ name: String) async throws {
        let step = try StepWorld(name)
        try step.world.write("data/file", "content")
        let data = try Handle.open(path: step.world.path + "/data")
        let file = try Handle.open(path: step.world.path + "/data/file")
        let result = try await step.run(
            "cat /a/file /f; (echo x > /a/new) 2>/dev/null || echo refused; echo y > /b/new"
        ) {
            $0.mounts = [
                .bind(data.descriptor, at: "/a", readOnly: true), .bind(data.descriptor, at: "/b", readOnly: false),
                .bind(file.descriptor, at: "/f", readOnly: true),
            ]
        }
        #expect(result.output == "contentcontentrefused\n")
        #expect(try step.world.read("data/new") == "y\n")
    }

    @Test(arguments: Ground.runtimes) func `follow the descriptor, not a path that was swapped`(_ name: String)
        async throws
    {
        let step = try StepWorld(name)
        try step.world.write("data/file", "right")
        try step.world.write("secret/file", "wrong")
        let data = try Handle.open(path: step.world.path + "/data")
        #expect(unsafe rename(step.world.path + "/data", step.world.path + "/moved") == 0)
        try step.world.link("data", to: "secret")
        let result = try await step.run("cat /a/file") {
            $0.mounts = [.bind(data.descriptor, at: "/a", readOnly: true)]
        }
        #expect(result.output == "right")
    }

    @Test(arguments: Ground.runtimes) func `hold a tmpfs to its size`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run(
            "dd if=/dev/zero of=/cache/x bs=1024 count=256 2>/dev/null; stat -c %s /cache/x"
        ) {
            $0.mounts = [.tmpfs(at: "/cache", sizeLimit: 65536)]
        }
        #expect(result.output == "65536\n")
    }

    @Test(arguments: Ground.runtimes) func `show a secret to its owner, from memory`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run(
            "cat /run/secrets/key; stat -c ' %a %u:%g' /run/secrets/key; grep -c ' /run/secrets/key .* ramfs ' /proc/self/mountinfo"
        ) {
            $0.user = "5:6"
            $0.mounts = [.secret(Array("hush".utf8), at: "/run/secrets/key", owner: FileOwner(uid: 5, gid: 6))]
        }
        #expect(result.output == "hush 400 5:6\n1\n")
        #expect(try step.world.tree("upper") == systemPlaces)
        #expect(try step.world.tree("run").isEmpty)
    }

    @Test(arguments: Ground.runtimes) func `give secret variables, and say when they touch a disk`(_ name: String)
        async throws
    {
        let step = try StepWorld(name)
        let result = try await step.run("echo $TOKEN") { $0.secretEnvironment = ["TOKEN=hush"] }
        #expect(result.output == "hush\n")
        #expect(step.warnings.withLock { $0.count } == (Kernel.magic(of: step.stateRoot) == 0x0102_1994 ? 0 : 1))
    }

    @Test(arguments: [
        "relative", "/", "/a/../b", "/proc/x", "/sys", "/dev", "/a//b", "/a/",
    ]) func `are refused at places that make no sense`(_ target: String) async throws {
        let step = try StepWorld(try #require(Ground.runtimes.first))
        await #expect(throws: SandboxError.self) { try await step.run("true") { $0.mounts = [.tmpfs(at: target)] } }
    }

    @Test(arguments: Ground.runtimes) func `say whether a secret is a program`(_ name: String) async throws {
        let step = try StepWorld(name)
        let script = Array("#!/bin/sh\necho ran\n".utf8)
        let result = try await step.run(
            "/run/a; /run/b 2>/dev/null || echo refused; grep -c ' /run/b ramfs ro,.*noexec' /proc/mounts"
        ) {
            $0.mounts = [.secret(script, at: "/run/a", mode: 0o755), .secret(script, at: "/run/b", mode: 0o644)]
        }
        #expect(result.output == "ran\nrefused\n1\n")
    }

    @Test(arguments: Ground.runtimes) func `may be a tmpfs that nobody writes to`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run("(echo x > /t/x) 2>/dev/null || echo refused") {
            $0.mounts = [.tmpfs(at: "/t", readOnly: true)]
        }
        #expect(result.output == "refused\n")
    }

    @Test(arguments: [
        ("/x", "/proc"), ("/x/sys", "/proc"), ("/x", "/sys/kernel"), ("/x", "/dev"), ("/x", "/"), ("/y/z", "../proc"),
        ("/etc/hosts", "/proc"), ("/n", "proc"),
    ]) func `are refused where a link of the image leads to what they may not cover`(_ target: String, _ to: String)
        async throws
    {
        let step = try StepWorld(try #require(Ground.runtimes.first)) {
            let first = target.split(separator: "/")[0]
            try $0.link("lower/\(first)", to: to)
        }
        let error = await #expect(throws: SandboxError.self) {
            try await step.run("true") { $0.mounts = target == "/etc/hosts" ? [] : [.tmpfs(at: target)] }
        }
        #expect(error?.description.contains("nothing can be mounted at") == true)
    }

    @Test(arguments: Ground.runtimes) func `go where a harmless link leads, and below each other`(_ name: String)
        async throws
    {
        let step = try StepWorld(name) {
            try $0.folder("lower/real")
            try $0.link("lower/soft", to: "real")
        }
        try step.world.write("data/deep/file", "content")
        try step.world.link("data/out", to: "/proc")
        let data = try Handle.open(path: step.world.path + "/data")
        let result = try await step.run("cat /soft/in/deep/file; touch /real/in/deep/made/x && ls /soft/in/deep/made") {
            $0.mounts = [
                .tmpfs(at: "/real/in/deep/made"), .bind(data.descriptor, at: "/soft/in", readOnly: false),
            ]
        }
        #expect(result.output == "contentx\n")
        #expect(try step.world.tree("merged/real").isEmpty)
        let error = await #expect(throws: SandboxError.self) {
            try await step.run("true") {
                $0.mounts = [.bind(data.descriptor, at: "/m", readOnly: false), .tmpfs(at: "/m/out/sys")]
            }
        }
        #expect(error?.description.contains("\"out\" is a link in what is mounted at /m") == true)
    }

    @Test(arguments: Ground.runtimes) func `leave no trace in the layer`(_ name: String) async throws {
        let step = try StepWorld(name) {
            try $0.write("lower/opt/file", "x")
            try $0.setTime("lower/opt", 1_000_000_000)
            try $0.link("lower/etc", to: "conf")
        }
        let data = try Handle.open(path: step.world.path + "/lower")
        _ = try await step.run("touch /tmp/made") {
            $0.mounts = [
                .bind(data.descriptor, at: "/opt/a/b", readOnly: true), .tmpfs(at: "/opt/c"),
                .secret([1], at: "/run/secrets/x"),
            ]
        }
        #expect(
            try step.world.tree("upper").filter { !$0.hasPrefix("opt/") && !systemPlaces.contains($0) } == [
                "tmp/", "tmp/made",
            ])
        #expect(try step.world.tree("merged/opt") == ["file"])
        #expect(try step.world.status("merged/opt")?.modified.seconds == 1_000_000_000)
    }

    @Test(arguments: Ground.runtimes) func `keep what the step wrote beside them`(_ name: String) async throws {
        let step = try StepWorld(name)
        _ = try await step.run("touch /opt/kept") { $0.mounts = [.tmpfs(at: "/opt/c")] }
        #expect(try step.world.tree("upper").filter { !systemPlaces.contains($0) } == ["opt/", "opt/kept"])
    }

    @Test(arguments: Ground.runtimes)
    func `take nothing away outside the root, whatever the step left in their place`(_ name: String) async throws {
        let step = try StepWorld(name)
        try step.world.folder("canary/b")
        try step.world.write("canary/resolv.conf")
        try step.world.write("canary/hosts")
        // CVE-2024-23652: parents of the mount points become links to places outside.
        let canary = step.world.path + "/canary"
        let result = try await step.run(
            "mv /a /moved; ln -s \(canary) /a; mv /etc /old; ln -s \(canary) /etc; ls -1 /moved"
        ) {
            $0.mounts = [.tmpfs(at: "/a/b")]
        }
        #expect(result.output == "b\n")
        #expect(try step.world.tree("canary") == ["b/", "hosts", "resolv.conf"])
        #expect(try step.world.target(of: "upper/a") == canary)
    }

    @Test(arguments: Ground.runtimes) func `make devices of the image useless`(_ name: String) async throws {
        let disk = try #require(try Kernel.status("/", at: Kernel.workingDirectory)).device
        let step = try StepWorld(name) {
            let code = unsafe mknod($0.path + "/lower/disk", S_IFBLK | 0o666, UInt(disk))
            try Kernel.check(code, "make the device", "disk")
        }
        let result = try await step.run("(head -c1 /disk >/dev/null) 2>/dev/null || echo refused")
        #expect(result.output == "refused\n")
    }
}

@Suite(.enabled(if: Ground.isReady, Ground.need)) struct `Overlays` {
    @Test(arguments: [1, 2, 130, 500]) func `take as many layers as the kernel`(_ count: Int) async throws {
        let world = try World()
        var lower: [String] = []
        for number in 0..<count {
            try world.write("layers/\(number)/file-\(number)", "\(number)")
            try world.write("layers/\(number)/same", "\(number)")
            lower.append(world.path + "/layers/\(number)")
        }
        for name in ["upper", "work", "merged"] { try world.folder(name) }
        let writable = Overlay.Writable(upper: world.path + "/upper", work: world.path + "/work")
        try await withOverlay(Overlay(lower: lower, writable: writable), at: world.path + "/merged") { _ in
            #expect(try world.tree("merged").count == count + 1)
            #expect(try world.read("merged/same") == "0")
            try world.write("merged/new", "x")
        }
        #expect(try world.tree("merged").isEmpty)
        #expect(try world.read("upper/new") == "x")
    }

    @Test func `can be read-only, and end with an error too`() async throws {
        let world = try World()
        try world.write("one/file", "1")
        try world.folder("merged")
        let overlay = Overlay(lower: [world.path + "/one"])
        await #expect(throws: SandboxError.host("stop")) {
            try await withOverlay(overlay, at: world.path + "/merged") { _ in
                #expect(try world.read("merged/file") == "1")
                #expect(throws: SystemError.self) { try world.write("merged/new") }
                throw SandboxError.host("stop")
            }
        }
        #expect(try world.tree("merged").isEmpty)
    }

    @Test func `work on kernels that know the classic call only`() throws {
        let world = try World()
        for name in ["a:b", "c,d", "plain"] { try world.write("\(name)/\(name)-file", "x") }
        for name in ["upper", "work", "merged"] { try world.folder(name) }
        let lower = ["a:b", "c,d", "plain"].map { world.path + "/" + $0 }
        var overlay = Overlay(lower: lower)
        overlay.writable = Overlay.Writable(upper: world.path + "/upper", work: world.path + "/work")
        try overlay.mountClassic(lower, at: world.path + "/merged")
        defer { try? Overlay.unmount(world.path + "/merged") }
        #expect(try world.tree("merged") == ["a:b-file", "c,d-file", "plain-file"])
        let long = [String](repeating: String(repeating: "x", count: 100), count: 50)
        #expect(throws: SandboxError.self) { try overlay.mountClassic(long, at: world.path + "/merged") }
    }

    @Test func `are no way out for a removal`() throws {
        let world = try World()
        try world.write("kept/below/canary", "x")
        try world.folder("gone/inner/mount")
        let kept = try Handle.open(path: world.path + "/kept")
        let target = world.path + "/gone/inner/mount"
        #expect(unsafe linux_bind(kept.raw, target, 0) == 0)
        defer { try? Overlay.unmount(target) }
        #expect(throws: SystemError.self) { try Kernel.removeTree(try FileName(world.path + "/gone")) }
        #expect(try world.tree("kept") == ["below/", "below/canary"])
    }

    @Test func `of no layers, or too many, are refused`() throws {
        #expect(throws: SandboxError.self) { try Overlay(lower: []).mount(at: "/nowhere") }
        let many = [String](repeating: "/tmp", count: 501)
        #expect(throws: SandboxError.self) { try Overlay(lower: many).mount(at: "/nowhere") }
    }

    @Test func `escape what the classic mount call splits at`() {
        #expect(Overlay.escaped("/a:b,c\\d") == "/a\\:b\\,c\\\\d")
    }

    @Test func `are entered before a second thread exists, or not at all`() {
        #expect(throws: SandboxError.self) { try HostMounts.enterOwn() }
    }
}

/// The folders of the system's mounts, which BuildKit, too, leaves in the layer of a step on an empty root.
private let systemPlaces = ["dev/", "proc/", "sys/"]
