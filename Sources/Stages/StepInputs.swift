// What of a step's work goes into its name.
import Digests

struct StepInputs {
    let origins: StepOrigins
    let files: ([String]) throws -> String

    func inputs(of work: StageWork) throws -> [NameInput] {
        switch work {
        case .run(let run): try inputs(of: run)
        case .copy(let copy): try inputs(of: copy)
        case .makeDirectory(let path, let owner): [.measured("directory", path), .measured("owner", owner)]
        case .config, .base, .collect: []
        }
    }

    private func inputs(of work: RunWork) throws -> [NameInput] {
        try work.mounts.flatMap(inputs) + [
            .measured("arguments", work.arguments), .measured("environment", work.environment),
            .measured("directory", work.workingDirectory), .measured("user", work.user),
            .measured("network", work.network.rawValue), .measured("hosts", work.hosts),
            .measured("script", work.scriptName ?? "", work.script.map { BlobDigest(of: $0).description } ?? ""),
        ]
    }

    private func inputs(of mount: RunMount) throws -> [NameInput] {
        switch mount {
        case .bind(let from, let source, let target, let writable):
            return [.measured("mount", "bind", target, source, writable ? "rw" : "ro")]
                + (try content(of: from, [PathText.relative(source)]))
        case .cache(let id, let from, let source, let target, _, let readOnly, let mode, let uid, let gid):
            let numbers = [mode, uid, gid].map { $0.map { String($0) } ?? "" }
            return [.measured("mount", ["cache", target, source, id, readOnly ? "ro" : "rw"] + numbers)]
                + (try from.map { try content(of: $0, [PathText.relative(source)]) } ?? [])
        case .tmpfs(let target, let byteCount, let readOnly):
            let size = byteCount.map { String($0) } ?? ""
            return [.measured("mount", "tmpfs", target, size, readOnly ? "ro" : "rw")]
        case .secret(let id, let target, let environment, let required, let mode, let uid, let gid):
            let numbers = [mode, uid, gid].map { String($0) }
            let words = [id, target ?? "", environment ?? "", required ? "required" : ""]
            return [.measured("mount", ["secret"] + words + numbers)]
        }
    }

    private func inputs(of work: CopyWork) throws -> [NameInput] {
        var inputs: [NameInput] = []
        if work.source != .context || !work.patterns.isEmpty {
            inputs += try content(of: work.source, work.patterns)
        }
        for remote in work.remoteFiles {
            inputs.append(.measured("url", remote.url, remote.content?.description ?? ""))
        }
        inputs += [
            .measured("sources", work.patterns), .measured("destination", work.destination),
            .measured(
                "flags", work.destinationIsDirectory ? "directory" : "", work.keepsParents ? "parents" : "",
                work.isLinked ? "link" : "", work.unpacksArchives ? "unpack" : "",
                work.unpacksRemoteFiles ? "unpack remote" : ""),
            .measured("owner", work.owner ?? ""), .measured("mode", work.mode ?? ""),
            .measured("excludes", work.excludes),
        ]
        for file in work.inlineFiles {
            inputs.append(.measured("inline", file.name, BlobDigest(of: file.bytes).description))
        }
        return inputs
    }

    private func content(of source: ContentSource, _ patterns: [String]) throws -> [NameInput] {
        switch source {
        case .context: [.measured("files", try files(patterns))]
        case .scratch: [.measured("from", "scratch")]
        case .stage(let stage): [.counted("from", origins.sources[stage] ?? [])]
        }
    }
}
