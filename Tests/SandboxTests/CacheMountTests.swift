// Cache directories: they persist, stay in their folder, and are locked as asked.
import Glibc
import Testing

@testable import Sandbox

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct `A cache` {
    private func names(_ lease: CacheMounts.Lease) throws -> [String] {
        try Kernel.names(in: lease.directory).map(\.text)
    }

    private func write(_ name: FileName, in lease: CacheMounts.Lease) throws {
        try Kernel.writeFile(name, at: lease.directory, [], mode: 0o644)
    }

    @Test func `persists under its id`() async throws {
        let world = try World()
        let caches = try CacheMounts(path: world.folder("caches"))
        try write("kept", in: await caches.take(CacheMounts.Request(id: "go")))
        #expect(try await names(caches.take(CacheMounts.Request(id: "go"))) == ["kept"])
        #expect(try await names(caches.take(CacheMounts.Request(id: "npm"))) == [])
    }

    @Test(arguments: ["../../etc", "/etc", "..", "", "a/b", "\u{0}x", String(repeating: "x", count: 100_000)])
    func `never leaves its folder by its id`(_ id: String) async throws {
        let world = try World()
        let caches = try CacheMounts(path: world.folder("caches"))
        try write("kept", in: await caches.take(CacheMounts.Request(id: id)))
        let tree = try world.tree("caches")
        #expect(tree.count == 3)
        #expect(tree.allSatisfy { $0.prefix(64).allSatisfy(\.isHexDigit) })
    }

    @Test func `belongs to whom its first user said`() async throws {
        let world = try World()
        let caches = try CacheMounts(path: world.folder("caches"))
        let owner = FileOwner(uid: 7, gid: 8)
        _ = try await caches.take(CacheMounts.Request(id: "x", owner: owner, mode: 0o1770))
        let again = try await caches.take(CacheMounts.Request(id: "x", owner: .root, mode: 0o755))
        let status = try Kernel.status(of: again.directory)
        #expect((status.uid, status.gid, status.mode) == (7, 8, 0o1770))
    }

    @Test func `that is shared has many users, one that is private gives each its own`() async throws {
        let world = try World()
        let caches = try CacheMounts(path: world.folder("caches"))
        let shared = CacheMounts.Request(id: "x")
        let (first, second) = (try await caches.take(shared), try await caches.take(shared))
        try write("seen", in: first)
        #expect(try names(second) == ["seen"])
        let own = CacheMounts.Request(id: "y", sharing: .private)
        var one: CacheMounts.Lease? = try await caches.take(own)
        try write("seen", in: try #require(one))
        let other = try await caches.take(own)
        #expect(try names(other) == [])
        one = nil
        #expect(try await names(caches.take(own)) == ["seen"])
    }

    @Test(.timeLimit(.minutes(5))) func `that is locked is awaited`() async throws {
        let world = try World()
        let caches = try CacheMounts(path: world.folder("caches"))
        let request = CacheMounts.Request(id: "x", sharing: .locked)
        let first = try await caches.take(request)
        try await withThrowingTaskGroup(of: [String].self) { group in
            group.addTask {
                let lease = try await caches.take(request)
                return try Kernel.names(in: lease.directory).map(\.text)
            }
            try await Task.sleep(for: .milliseconds(50))
            try write("last", in: first)
            first.end()
            #expect(try await group.next() == ["last"])
        }
    }

    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            CacheMounts.Sharing.locked, .shared, .private,
        ]) func `that its user has already is not awaited`(_ sharing: CacheMounts.Sharing) async throws
    {
        let world = try World()
        let caches = try CacheMounts(path: world.folder("caches"))
        var request = CacheMounts.Request(id: "x", sharing: .locked)
        let first = try await caches.take(request)
        try Kernel.makeDirectory("sub", at: first.directory, mode: 0o755)
        (request.sharing, request.source) = (sharing, "sub")
        let second = try caches.take(request, from: first)
        try write("inner", in: second)
        #expect(try world.tree("caches").count { $0.hasSuffix("sub/inner") } == 1)
    }

    @Test(.timeLimit(.minutes(5))) func `that is locked is not awaited after cancellation`() async throws {
        let world = try World()
        let caches = try CacheMounts(path: world.folder("caches"))
        let request = CacheMounts.Request(id: "x", sharing: .locked)
        let first = try await caches.take(request)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await caches.take(request) }
            try? await Task.sleep(for: .milliseconds(30))
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        withExtendedLifetime(first) {}
    }

    @Test func `begins with its seed, whose later changes it does not see`() async throws {
        let world = try World()
        try world.write("seed/file", "first")
        #expect(unsafe chown(world.path + "/seed", 7, 8) == 0)
        #expect(unsafe chmod(world.path + "/seed", 0o750) == 0)
        let caches = try CacheMounts(path: world.folder("caches"))
        var request = CacheMounts.Request(id: "x")
        request.seed = try world.root("seed")
        let lease = try await caches.take(request)
        let status = try Kernel.status(of: lease.directory)
        #expect((status.uid, status.gid, status.mode) == (7, 8, 0o750))
        try world.write("seed/later")
        #expect(try await names(caches.take(request)) == ["file"])
    }

    @Test func `resolves its source inside itself, at each use`() async throws {
        let world = try World()
        try world.write("outside/sub/canary")
        let caches = try CacheMounts(path: world.folder("caches"))
        let lease = try await caches.take(CacheMounts.Request(id: "x"))
        let folder = try #require(try world.tree("caches").first { $0.hasSuffix("/") })
        try world.write("caches/\(folder)sub/inner")
        withExtendedLifetime(lease) {}
        let request = CacheMounts.Request(id: "x", source: "sub")
        #expect(try await names(caches.take(request)) == ["inner"])
        try Kernel.removeTree(try FileName(world.path + "/caches/\(folder)sub"))
        for target in ["../../outside/sub", world.path + "/outside/sub", "/proc/self/root/etc"] {
            try world.link("caches/\(folder)sub", to: target)
            await #expect(throws: SandboxError.self) { try await caches.take(request) }
            try Kernel.removeTree(try FileName(world.path + "/caches/\(folder)sub"))
        }
    }
}
