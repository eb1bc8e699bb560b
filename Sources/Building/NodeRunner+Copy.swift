// COPY and ADD: files from a context, a stage, the Dockerfile itself or the web.
import BlobStore
import Dockerfiles
import Layers
import Mesh
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
            if work.unpacksArchives { request.unpacking = Self.unpacking }
            try FileCopier.copy(request, into: target) { try Task.checkCancellation() }
        }
        for remote in work.remoteFiles { try await add(remote, work, target) }
    }

    private func request(_ work: CopyWork, _ sources: [CopySource]) throws -> CopyRequest {
        let slash = work.destinationIsDirectory && work.destination != "/"
        var request = CopyRequest(sources: sources, destination: work.destination + (slash ? "/" : ""))
        request.owner = work.owner
        request.mode = work.mode
        if work.keepsParents {
            request.parents = { pattern in
                let patterns = try IgnorePatterns(flags: [PathText.relative(pattern)])
                return { patterns.matches($0) }
            }
        }
        request.fixedTime = Self.fixedTime
        if !work.excludes.isEmpty {
            let patterns = try IgnorePatterns(flags: work.excludes)
            request.exclusion = CopyRequest.Exclusion(hasExceptions: patterns.hasExceptions) { patterns.matches($0) }
        }
        return request
    }

    private static let unpacking = CopyRequest.Unpacking(
        isArchive: { try unpacker.isArchive($0) },
        unpack: { archive, root, path, owner in
            let owner = owner.map { Layers.FileOwner(user: $0.uid, group: $0.gid) }
            try unpacker.extract(archive, into: root, at: Array(path.utf8), owner: owner)
        })

    private static var unpacker: ArchiveUnpacker { ArchiveUnpacker { try Task.checkCancellation() } }

    /// ADD of an address: the file as it is, under the address's last name; mode 0600 unless asked otherwise.
    private func add(_ remote: RemoteFile, _ work: CopyWork, _ target: RootDirectory) async throws {
        let file = try await remotes.file(remote.url, checksum: remote.checksum)
        guard remote.content == nil || remote.content == file.digest else {
            throw BuildingError("\(remote.url) holds other bytes than when the build began: build again")
        }
        var source = CopySource(
            root: try RootDirectory(path: file.folder.string), origin: .context, patterns: [file.name])
        source.hasWildcards = false
        var request = try self.request(work, [source])
        if work.unpacksRemoteFiles { request.unpacking = Self.unpacking }
        try FileCopier.copy(request, into: target) { try Task.checkCancellation() }
    }
}
