// The mounts of a RUN step: files of contexts and stages, caches, memory, secrets.
import BlobStore
import Digests
import Glibc
import Mesh
import Reports
import Sandbox
import Stages
import SystemPackage

/// What a step's mounts need while it runs.
struct StepMountSet {
    var mounts: [StepMount] = []
    var secretEnvironment: [String] = []
    /// Values that must not show in the step's output.
    var secrets: [[UInt8]] = []
    /// By the cache's id.
    var leases: [String: CacheMounts.Lease] = [:]
    /// What is mounted of them.
    var parts: [CacheMounts.Lease] = []
    var roots: [RootDirectory] = []
    /// Open while the step runs.
    var files: [Handle] = []
}

struct StepMountMaker {
    let runner: NodeRunner
    let order: StageOrder
    let place: StagePlace
    let report: @Sendable (BuildEvent) -> Void

    func make(_ work: RunWork) async throws -> StepMountSet {
        var set = StepMountSet()
        let requests = try await takeCaches(work.mounts, for: &set)
        for (mount, request) in zip(work.mounts, requests) { try await add(mount, request, to: &set) }
        if let script = work.script, let name = work.scriptName { try add(script: script, name, to: &set) }
        return set
    }

    private func add(
        _ mount: RunMount, _ request: CacheMounts.Request?, to set: inout StepMountSet
    ) async throws {
        switch mount {
        case .tmpfs(let target, let byteCount, let readOnly):
            set.mounts.append(.tmpfs(at: target, sizeLimit: byteCount, readOnly: readOnly))
        case .bind(let source, let path, let target, let writable):
            try await addBind(source, path, target, writable: writable, to: &set)
        case .cache(_, _, _, let target, _, let readOnly, _, _, _):
            guard let request else { return }
            try addCache(request, target, readOnly: readOnly, to: &set)
        case .secret: try addSecret(mount, to: &set)
        }
    }

    /// A writable bind mount is a throw-away: changes are seen by this step only, as in BuildKit.
    private func addBind(
        _ source: ContentSource, _ path: String, _ target: String, writable: Bool, to set: inout StepMountSet
    ) async throws {
        let relative = PathText.relative(path)
        let root = try await runner.root(of: source, patterns: [relative], order, place, report: report)
        set.roots.append(root)
        var opened = try root.openFile(path)
        if writable { opened = opened.isDirectory ? try overlay(root, path) : try copy(of: root, path) }
        set.files.append(opened.handle)
        set.mounts.append(.bind(opened.handle.descriptor, at: target, readOnly: !writable))
    }

    /// An overlay over the source takes what the step writes.
    private func overlay(_ root: RootDirectory, _ path: String) throws -> RootDirectory.OpenedFile {
        let below = try root.hostPath(of: path)
        let folders = try (place.makeFolder("upper"), place.makeFolder("work"), place.makeFolder("bind"))
        let writable = Overlay.Writable(upper: folders.0.string, work: folders.1.string)
        try Overlay(lower: [below], writable: writable).mount(at: folders.2.string)
        place.unmountAtEnd(folders.2)
        return try RootDirectory(path: folders.2.string).openFile("/")
    }

    /// A file has no overlay: the step writes to a copy.
    private func copy(of root: RootDirectory, _ path: String) throws -> RootDirectory.OpenedFile {
        let folder = try place.makeFolder("bind")
        var source = CopySource(root: root, origin: .image, patterns: [path])
        source.hasWildcards = false
        let target = try RootDirectory(path: folder.string)
        try FileCopier.copy(CopyRequest(sources: [source], destination: "/file"), into: target) {
            try Task.checkCancellation()
        }
        return try target.openFile("/file")
    }

    /// Every cache of the step, in the order of their ids: two steps that lock the same ones never wait for each other.
    /// What each mount asks for, nil for one that is no cache.
    private func takeCaches(
        _ mounts: [RunMount], for set: inout StepMountSet
    ) async throws -> [CacheMounts.Request?] {
        var requests: [CacheMounts.Request?] = []
        for mount in mounts { requests.append(try await cacheRequest(mount)) }
        for request in requests.compactMap({ $0 }).sorted(by: { $0.id < $1.id }) where set.leases[request.id] == nil {
            set.leases[request.id] = try await caches().take(request)
        }
        return requests
    }

    private func caches() throws -> CacheMounts {
        let folder = runner.store.root.appending("caches")
        try HostFolder.make(folder)
        return try CacheMounts(path: folder.string)
    }

    private func addCache(
        _ request: CacheMounts.Request, _ target: String, readOnly: Bool, to set: inout StepMountSet
    ) throws {
        guard let lease = set.leases[request.id] else { return }
        let own = try caches().take(request, from: lease)
        set.mounts.append(.bind(own.descriptor, at: target, readOnly: readOnly))
        set.parts.append(own)
    }

    /// Nil for a mount that is no cache.
    private func cacheRequest(_ mount: RunMount) async throws -> CacheMounts.Request? {
        guard case .cache(let id, let from, let source, _, let sharing, _, let mode, let uid, let gid) = mount else {
            return nil
        }
        let kind: CacheMounts.Sharing =
            switch sharing {
            case .shared: .shared
            case .private: .private
            case .locked: .locked
            }
        var request = CacheMounts.Request(
            id: id, sharing: kind, owner: FileOwner(uid: uid ?? 0, gid: gid ?? 0), mode: mode ?? 0o755,
            source: source == "/" ? "" : String(source.dropFirst()))
        // A cache whose owner or mode is written is another one: for BuildKit it begins with another directory.
        if source == "/", uid != nil || gid != nil || mode != nil {
            let mode = String(request.mode, radix: 8)
            request.id += "\n\(request.owner.uid):\(request.owner.gid):\(mode)"
        }
        if let from { try await seed(&request, from, source) }
        // A build of one class leaves nothing for those of another. No class has a line break in its name.
        let buildClass = runner.scope.buildClass
        if !buildClass.isEmpty { request.id = "class \(buildClass)\n" + request.id }
        return request
    }

    /// A cache `from` a stage begins with that stage's directory; another content of the stage is another cache.
    private func seed(_ request: inout CacheMounts.Request, _ from: ContentSource, _ source: String) async throws {
        guard case .stage(let index) = from, let content = order.sources[index] else { return }
        let layers = try await runner.supply.layers(of: content, report: report).diffIDs
        request.id = ([request.id, source] + layers.map(\.description)).joined(separator: "\n")
        request.source = ""
        request.seed = try await runner.root(of: from, patterns: [], order, place, report: report).directory(source)
    }

    private func addSecret(_ mount: RunMount, to set: inout StepMountSet) throws {
        guard case .secret(let id, let target, let variable, let required, let mode, let uid, let gid) = mount else {
            return
        }
        guard let bytes = try runner.inputs.secret(id, of: order.stage) else {
            guard required else { return }
            throw BuildingError("the secret \"\(id)\" is required, and `secrets` of the image in werf.yaml has none")
        }
        set.secrets.append(bytes)
        if let target {
            set.mounts.append(.secret(bytes, at: target, mode: mode, owner: FileOwner(uid: uid, gid: gid)))
        }
        if let variable { set.secretEnvironment.append(variable + "=" + String(decoding: bytes, as: UTF8.self)) }
    }

    /// A script with its own interpreter line stands in a folder of its own, as in BuildKit.
    private func add(script: [UInt8], _ name: String, to set: inout StepMountSet) throws {
        let folder = try place.makeFolder("pipes")
        let file = try FileDescriptor.open(
            folder.appending(name), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: FilePermissions(rawValue: 0o755))
        try file.closeAfter {
            _ = try file.writeAll(script)
            guard fchmod(file.rawValue, 0o755) == 0 else { throw Errno(rawValue: errno) }
        }
        try HostFolder.setMode(folder, 0o755)
        let root = try RootDirectory(path: folder.string)
        set.roots.append(root)
        let opened = try root.openFile("/").handle
        set.files.append(opened)
        set.mounts.append(.bind(opened.descriptor, at: "/dev/pipes", readOnly: true))
    }
}
