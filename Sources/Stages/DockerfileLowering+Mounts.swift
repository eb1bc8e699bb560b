// Mounts of RUN: what is mounted where.
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    func mount(
        _ mount: Dockerfiles.RunMount, _ located: LocatedInstruction, _ walk: Walk, _ sources: inout [StageIndex]
    ) throws -> RunMount {
        let place = located.location.description
        let target = walk.scope.absolute(mount.target)
        switch mount.kind {
        case .ssh:
            throw StagingError(place: place, reason: "RUN --mount=type=ssh is not supported by this version")
        case .tmpfs:
            try check(target, place)
            let byteCount = mount.sizeLimit > 0 ? mount.sizeLimit : nil
            return .tmpfs(target: target, byteCount: byteCount, readOnly: mount.isReadOnly)
        case .secret: return try secret(mount, mount.target.isEmpty ? nil : target, place)
        case .bind:
            try check(target, place)
            return .bind(
                from: content(of: mount, located.location, &sources),
                source: PathText.absolute(mount.source, from: "/"), target: target, writable: !mount.isReadOnly)
        case .cache:
            try check(target, place)
            return .cache(
                id: mount.id.isEmpty ? Self.cacheID(mount.target) : mount.id,
                from: mount.from.isEmpty ? nil : content(of: mount, located.location, &sources),
                source: PathText.absolute(mount.source, from: "/"), target: target, sharing: sharing(mount),
                readOnly: mount.isReadOnly, mode: mount.mode, uid: mount.uid, gid: mount.gid)
        }
    }

    /// Without a target a mount covers the working directory.
    private func check(_ target: String, _ place: String) throws(StagingError) {
        guard target != "/" else {
            throw StagingError(place: place, reason: "a mount needs a target other than \"/\"")
        }
    }

    /// A cache is called by its target as it was written, cleaned: a relative one means the same cache everywhere.
    private static func cacheID(_ target: String) -> String {
        target.hasPrefix("/") ? PathText.absolute(target, from: "/") : PathText.relative(target)
    }

    private func sharing(_ mount: Dockerfiles.RunMount) -> CacheSharing {
        switch mount.sharing {
        case nil, .shared: .shared
        case .exclusive: .private
        case .locked: .locked
        }
    }

    /// The id is `source`, `id` or the last element of the target; a required one must be among werf.yaml's.
    private func secret(
        _ mount: Dockerfiles.RunMount, _ target: String?, _ place: String
    ) throws(StagingError) -> RunMount {
        let named = mount.source.isEmpty ? mount.id : mount.source
        let id = named.isEmpty ? Self.lastElement(target ?? "") : named
        guard !id.isEmpty else {
            throw StagingError(place: place, reason: "a secret mount needs an id or a target")
        }
        guard !mount.isRequired || recipe.image.secrets.contains(where: { $0.id == id }) else {
            throw StagingError(
                place: place,
                reason: "RUN requires the secret \"\(id)\", and `secrets` of werf.yaml has none of this id")
        }
        let isFile = target != nil || mount.environmentVariable == nil
        let path = isFile ? target ?? "/run/secrets/" + Self.lastElement(id) : nil
        return .secret(
            id: id, target: path, environment: mount.environmentVariable, required: mount.isRequired,
            mode: mount.mode ?? 0o400, uid: mount.uid ?? 0, gid: mount.gid ?? 0)
    }

    private static func lastElement(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    /// The files behind `from=`.
    private func content(
        of mount: Dockerfiles.RunMount, _ location: SourceLocation, _ sources: inout [StageIndex]
    ) -> ContentSource {
        mount.from.isEmpty ? .context : source(.mount(mount.from, location), &sources)
    }

    /// The stage or image that `use` names.
    func source(_ use: SourceUse, _ sources: inout [StageIndex]) -> ContentSource {
        var stage: StageIndex?
        switch references.source(use) {
        case .scratch: break
        case .stage(let index): stage = finished[index]?.last
        case .image(let name): stage = baseStages[name]
        }
        guard let stage else { return .scratch }
        sources.append(stage)
        return .stage(stage)
    }
}
