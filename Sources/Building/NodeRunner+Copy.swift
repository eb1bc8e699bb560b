// COPY and ADD: files from a context, a stage, the Dockerfile itself or the web.
import BlobStore
import Digests
import Dockerfiles
import Layers
import Mesh
import Registry
import Reports
import Sandbox
import Stages
import SystemPackage

extension NodeRunner {
    func copy(
        _ work: CopyWork, _ order: StageOrder, _ merged: String, _ place: StagePlace,
        report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        var sources: [CopySource] = []
        if !work.patterns.isEmpty {
            let root = try await root(of: work.source, patterns: work.patterns, order, place, report: report)
            let origin: CopySource.Origin = if case .context = work.source { .context } else { .image }
            sources.append(CopySource(root: root, origin: origin, patterns: work.patterns))
        }
        let target = try RootDirectory(path: merged)
        if !sources.isEmpty || !work.inlineFiles.isEmpty {
            var request = try self.request(work, sources)
            request.inlineFiles = work.inlineFiles.map {
                CopyRequest.InlineFile(name: $0.name, content: $0.bytes)
            }
            if work.unpacksArchives { request.unpack = Self.unpack }
            try FileCopier.copy(request, into: target) { try Task.checkCancellation() }
        }
        for remote in work.remoteFiles { try await add(remote, work, order, target, place) }
    }

    private func request(_ work: CopyWork, _ sources: [CopySource]) throws -> CopyRequest {
        let slash = work.destinationIsDirectory && work.destination != "/"
        var request = CopyRequest(sources: sources, destination: work.destination + (slash ? "/" : ""))
        request.owner = work.owner
        request.mode = work.mode
        request.parents = work.keepsParents
        request.fixedTime = Self.fixedTime
        if !work.excludes.isEmpty {
            let patterns = try IgnorePatterns(work.excludes)
            request.exclusion = CopyRequest.Exclusion(hasExceptions: patterns.hasExceptions) { patterns.matches($0) }
        }
        return request
    }

    @Sendable private static func unpack(
        _ archive: FileDescriptor, _ root: FileDescriptor, _ path: String, _ owner: Sandbox.FileOwner?
    ) throws -> Bool {
        let unpacker = ArchiveUnpacker { try Task.checkCancellation() }
        guard try unpacker.isArchive(archive) else { return false }
        let owner = owner.map { Layers.FileOwner(user: $0.uid, group: $0.gid) }
        try unpacker.extract(archive, into: root, at: Array(path.utf8), owner: owner)
        return true
    }

    /// ADD of an address: the file as it is, under the address's last name; mode 0600 unless asked otherwise.
    private func add(
        _ remote: RemoteFile, _ work: CopyWork, _ order: StageOrder, _ target: RootDirectory, _ place: StagePlace
    ) async throws {
        let folder = try place.makeFolder("download")
        let downloaded = folder.appending("file")
        let file = try await HTTPSource(sharing: registry).fetch(
            remote.url, into: downloaded, checksum: remote.checksum)
        guard !file.name.contains("/"), ![".", "..", ""].contains(file.name) else {
            throw BuildingError("\(remote.url) has no file name: give the destination one")
        }
        let named = place.unusedPath("named")
        try HostFolder.make(named)
        try HostFolder.rename(downloaded, to: named.appending(file.name))
        try HostFolder.setMode(named.appending(file.name), 0o600)
        let source = CopySource(
            root: try RootDirectory(path: named.string), origin: .context, patterns: [Self.escaped(file.name)])
        var request = try self.request(work, [source])
        if work.unpacksRemoteFiles { request.unpack = Self.unpack }
        try FileCopier.copy(request, into: target) { try Task.checkCancellation() }
    }

    /// A downloaded name is no pattern.
    private static func escaped(_ name: String) -> String {
        name.map { "*?[\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
