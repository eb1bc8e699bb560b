// COPY and ADD: which files, from where, to where, as whom.
import Digests
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    func copy(_ copy: CopyInstruction, _ located: LocatedInstruction, _ walk: Walk) throws -> Made {
        var sources: [StageIndex] = []
        var origin = ContentSource.context
        let place = located.location.description
        for path in copy.sources.paths where RemoteText.isFile(path) || RemoteText.isRepository(path) {
            throw StagingError(place: place, reason: "COPY takes no \"\(path)\" from elsewhere: ADD does")
        }
        try check(mode: copy.mode, place)
        let patterns = copy.sources.paths.map(pattern)
        if let from = copy.from { origin = source(.copy(from, located.location), &sources) }
        let work = CopyWork(
            source: origin, patterns: patterns, inlineFiles: inline(copy.sources),
            destination: walk.scope.absolute(copy.sources.destination),
            destinationIsDirectory: isDirectory(copy.sources), owner: copy.owner, mode: copy.mode,
            excludes: copy.excludes, keepsParents: copy.keepsParents,
            isLinked: Self.isLinked(copy.isLinked, mode: copy.mode), unpacksArchives: false)
        return made(work, sources, "COPY", copy.sources)
    }

    /// `--chmod` also changes directories that are there, and must see them: with it `--link` means nothing, as in
    /// BuildKit.
    private static func isLinked(_ isAsked: Bool, mode: String?) -> Bool { isAsked && mode == nil }

    mutating func add(_ add: AddInstruction, _ located: LocatedInstruction, _ walk: Walk) throws -> Made {
        let place = located.location.description
        var patterns: [String] = []
        var remotes: [RemoteFile] = []
        try check(mode: add.mode, place)
        for path in add.sources.paths {
            if RemoteText.isFile(path) {
                remotes.append(remote(path, try checksum(add.checksum, place), place))
            } else {
                try refuseGit(path, place)
                patterns.append(pattern(path))
            }
        }
        if add.checksum != nil, remotes.count != 1 || add.sources.paths.count != 1 {
            throw StagingError(place: place, reason: "ADD --checksum needs exactly one source, of http(s)://")
        }
        let work = CopyWork(
            source: .context, patterns: patterns, inlineFiles: inline(add.sources), remoteFiles: remotes,
            destination: walk.scope.absolute(add.sources.destination), destinationIsDirectory: isDirectory(add.sources),
            owner: add.owner, mode: add.mode, excludes: add.excludes, keepsParents: false,
            isLinked: Self.isLinked(add.isLinked, mode: add.mode), unpacksArchives: add.unpacks ?? true,
            unpacksRemoteFiles: add.unpacks ?? false)
        return made(work, [], "ADD", add.sources)
    }

    /// A step is named by what the address holds now; a published stage by the address alone, as werf does.
    private mutating func remote(_ url: String, _ checksum: BlobDigest?, _ place: String) -> RemoteFile {
        if checksum == nil, remotes[url] == nil, !recipe.image.staged {
            unknownRemotes.append(RemoteUse(url: url, place: place))
        }
        let content = recipe.image.staged ? nil : checksum ?? remotes[url]
        return RemoteFile(url: url, checksum: checksum, content: content)
    }

    private func made(
        _ work: CopyWork, _ sources: [StageIndex], _ keyword: String, _ written: SourcesAndDestination
    ) -> Made {
        let words = [keyword] + written.paths + work.inlineFiles.map(\.name) + [written.destination]
        return Made(work: .copy(work), sources: sources, history: words.joined(separator: " "))
    }

    /// Sources are relative to their root, whatever they look like; a trailing slash says nothing of a source.
    private func pattern(_ path: String) -> String {
        // `/./` marks where --parents begins to keep directories, so it must survive.
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let pivot = parts.dropFirst().dropLast().firstIndex(of: ".") else { return PathText.relative(path) }
        let head = PathText.relative(parts[..<pivot].joined(separator: "/"))
        return head + "/./" + PathText.relative(parts[(pivot + 1)...].joined(separator: "/"))
    }

    private func isDirectory(_ sources: SourcesAndDestination) -> Bool {
        sources.destination.isEmpty || sources.destination.hasSuffix("/") || sources.destination == "."
            || sources.destination.hasSuffix("/.")
    }

    private func inline(_ sources: SourcesAndDestination) -> [InlineFile] {
        sources.files.map { InlineFile(name: $0.name, bytes: Array($0.content.utf8)) }
    }

    private func refuseGit(_ path: String, _ place: String) throws(StagingError) {
        guard !RemoteText.isRepository(path) else {
            throw StagingError(place: place, reason: "ADD of a git repository is not supported by this version")
        }
    }

    private func check(mode: String?, _ place: String) throws(StagingError) {
        guard let mode, !ModeText.isMode(mode) else { return }
        throw StagingError(
            place: place,
            reason: "--chmod=\(mode): write octal digits between 0 and 07777, or clauses such as u=rw,go=r")
    }

    private func checksum(_ text: String?, _ place: String) throws(StagingError) -> BlobDigest? {
        guard let text else { return nil }
        guard let digest = BlobDigest(text) else {
            throw StagingError(
                place: place, reason: "--checksum=\(text): write sha256: and 64 lower-case hexadecimal digits")
        }
        return digest
    }
}
