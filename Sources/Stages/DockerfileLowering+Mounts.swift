// Mounts of RUN: what is mounted where, and what of it counts in the step's name.
import Dockerfiles
import Images
import Projects

extension DockerfileLowering {
    func mount(
        _ mount: Dockerfiles.RunMount, _ located: LocatedInstruction, _ walk: Walk, _ sources: inout [StageIndex]
    ) throws -> (RunMount, [NameInput]) {
        let place = located.location.description
        let target = walk.scope.absolute(mount.target)
        let shape = [self.shape(of: mount, target)]
        switch mount.kind {
        case .ssh:
            throw StagingError(place: place, reason: "RUN --mount=type=ssh is not supported by this version")
        case .tmpfs:
            try check(target, place)
            let byteCount = mount.sizeLimit > 0 ? mount.sizeLimit : nil
            return (.tmpfs(target: target, byteCount: byteCount, readOnly: mount.isReadOnly), shape)
        case .secret: return (try secret(mount, mount.target.isEmpty ? nil : target, place), shape)
        case .bind:
            try check(target, place)
            let (source, names) = try content(of: mount, located.location, &sources)
            let bind = RunMount.bind(
                from: source, source: PathText.absolute(mount.source, from: "/"), target: target,
                writable: !mount.isReadOnly)
            return (bind, shape + names)
        case .cache:
            try check(target, place)
            let from = mount.from.isEmpty ? nil : try content(of: mount, located.location, &sources)
            let cache = RunMount.cache(
                id: mount.id.isEmpty ? Self.cacheID(mount.target) : mount.id, from: from?.0,
                source: PathText.absolute(mount.source, from: "/"), target: target, sharing: sharing(mount),
                readOnly: mount.isReadOnly, mode: mount.mode, uid: mount.uid, gid: mount.gid)
            return (cache, shape + (from?.1 ?? []))
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

    private func shape(of mount: Dockerfiles.RunMount, _ target: String) -> NameInput {
        let numbers = [mount.mode, mount.uid, mount.gid].map { $0.map { String($0) } ?? "" }
        return .labelled(
            "mount",
            [
                mount.kind.rawValue, target, mount.source, mount.id, mount.isReadOnly ? "ro" : "rw",
                String(mount.sizeLimit), mount.environmentVariable ?? "",
            ] + numbers)
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

    /// The files behind `from=`, and what they are called in the step's name.
    private func content(
        of mount: Dockerfiles.RunMount, _ location: SourceLocation, _ sources: inout [StageIndex]
    ) throws -> (ContentSource, [NameInput]) {
        guard !mount.from.isEmpty else {
            let name = try placed(location.description) {
                try names.contentName(patterns: [PathText.relative(mount.source)])
            }
            return (.context, [.labelled("files", name)])
        }
        return source(.mount(mount.from, location), &sources)
    }

    /// The stage or image that `use` names, and the input of the name that stands for its content.
    func source(_ use: SourceUse, _ sources: inout [StageIndex]) -> (ContentSource, [NameInput]) {
        var stage: StageIndex?
        switch references.source(use) {
        case .scratch: break
        case .stage(let index): stage = finished[index]?.last
        case .image(let name): stage = baseStages[name]
        }
        guard let stage else { return (.scratch, [.labelled("from", "scratch")]) }
        sources.append(stage)
        return (.stage(stage), [NameInput("from", words: [.text("from")] + contentWords(stage))])
    }
}
