// Mounts of RUN, with the defaults of BuildKit.
import Stages
import Testing

@Suite struct `Mounts of steps` {
    private func mount(_ options: String, before: String = "") throws -> RunMount? {
        try run(before + "RUN --mount=" + options + " x")?.mounts.first
    }

    private func cache(_ options: String, before: String = "") throws -> (id: String, target: String)? {
        guard case .cache(let id, _, _, let target, _, _, _, _, _) = try mount(options, before: before) else {
            return nil
        }
        return (id, target)
    }

    @Test func `a bind mount shows the context, read-only`() throws {
        guard case .bind(let from, let source, let target, let writable) = try mount("source=a/../b/,target=t") else {
            Issue.record("no bind mount")
            return
        }
        #expect(from == .context)
        #expect(source == "/b")
        #expect(target == "/t")
        #expect(!writable)
        guard case .bind(_, _, _, let isWritable) = try mount("target=/t,rw") else { return }
        #expect(isWritable)
    }

    @Test func `a bind mount from a stage, a number, an image and nothing`() throws {
        let text = "FROM base AS one\nRUN 1\nFROM scratch AS empty\nFROM base\nRUN "
        func source(_ name: String) throws -> ContentSource? {
            let image = try lower(recipe(text + "--mount=from=\(name),target=/t x\n"))
            guard case .bind(let from, _, _, _)? = image.runs().last?.mounts.first else { return nil }
            if case .stage(let index) = from { #expect(image.stages.last?.sources == [index]) }
            return from
        }
        let run = StageIndex(image: 0, number: 1)
        #expect(try source("one") == .stage(run))
        #expect(try source("ONE") == .stage(run))
        // Numbers of stages are for COPY: this is an image of that name.
        #expect(try source("0") == .stage(StageIndex(image: 0, number: 1)))
        #expect(try source("empty") == .scratch)
        #expect(try source("registry/other:1") == .stage(StageIndex(image: 0, number: 1)))
    }

    @Test func `a cache is called by its target as written`() throws {
        #expect(try cache("type=cache,target=/c/")?.id == "/c")
        let relative = try cache("type=cache,target=c", before: "WORKDIR /w\n")
        #expect(relative?.id == "c")
        #expect(relative?.target == "/w/c")
        #expect(try cache("type=cache,target=/c,id=own")?.id == "own")
    }

    @Test func `the options of a cache`() throws {
        let plain = try mount("type=cache,target=/c")
        guard case .cache(_, let from, let source, _, let sharing, let readOnly, let mode, let uid, let gid) = plain
        else {
            Issue.record("no cache mount")
            return
        }
        #expect(from == nil)
        #expect(source == "/")
        #expect(sharing == .shared)
        #expect(!readOnly)
        #expect([mode, uid, gid] == [nil, nil, nil])
        let given = try mount("type=cache,target=/c,sharing=private,ro,mode=0700,uid=1,gid=2")
        guard case .cache(_, _, _, _, let mine, let isReadOnly, let bits, let user, let group) = given else { return }
        #expect(mine == .private)
        #expect(isReadOnly)
        #expect([bits, user, group] == [0o700, 1, 2])
    }

    @Test func `without a target a mount covers the working directory, and never the root`() throws {
        #expect(try cache("type=cache", before: "WORKDIR /w\n")?.target == "/w")
        #expect(refusal("FROM base\nRUN --mount=type=cache x\n").hasPrefix("Dockerfile:2:1: "))
        #expect(refusal("FROM base\nRUN --mount=type=tmpfs,target=/ x\n").hasPrefix("Dockerfile:2:1: "))
        #expect(refusal("FROM base\nRUN --mount=target=/a/.. x\n").hasPrefix("Dockerfile:2:1: "))
    }

    @Test func `a tmpfs has a size or none`() throws {
        guard case .tmpfs(let target, let size, false) = try mount("type=tmpfs,target=/t,size=1k") else {
            Issue.record("no tmpfs mount")
            return
        }
        #expect(target == "/t")
        #expect(size == 1_024)
        guard case .tmpfs(_, let none, let readOnly) = try mount("type=tmpfs,target=/t,ro") else { return }
        #expect(none == nil)
        #expect(readOnly)
    }

    private static let secrets: [(String, String, String?, String?)] = [
        ("id=a/b", "a/b", "/run/secrets/b", nil), ("source=s", "s", "/run/secrets/s", nil),
        ("target=/etc/t", "t", "/etc/t", nil), ("id=i,target=rel", "i", "/w/rel", nil), ("id=i,env=E", "i", nil, "E"),
        ("id=i,env=E,target=/t", "i", "/t", "E"),
    ]

    @Test(arguments: secrets)
    func `a secret's id, place and variable`(_ options: String, _ id: String, _ target: String?, _ variable: String?)
        throws
    {
        guard
            case .secret(let secret, let path, let environment, let required, let mode, _, _) = try mount(
                "type=secret," + options, before: "WORKDIR /w\n")
        else {
            Issue.record("no secret mount")
            return
        }
        #expect(secret == id)
        #expect(path == target)
        #expect(environment == variable)
        #expect(!required)
        #expect(mode == 0o400)
    }

    @Test func `what nobody needs may be wrong`() {
        let text = "FROM base AS unused\nRUN --mount=target=/x,mode=0755 x\nFROM base\nRUN x\n"
        #expect(refusal(text).isEmpty)
        #expect(refusal(text + "FROM unused\nRUN x\n").hasPrefix("Dockerfile:2:1: "))
    }

    @Test func `a required secret must be one of werf.yaml's`() {
        let text = "FROM base\nRUN --mount=type=secret,id=s,required x\n"
        #expect(refusal(text).hasPrefix("Dockerfile:2:1: RUN requires the secret \"s\""))
        #expect(refusal(text, secrets: ["s"]).isEmpty)
    }

    @Test func `what a mount is like is part of the step's name`() throws {
        func rule(_ options: String) throws -> NameRule? {
            try lower(recipe("FROM base\nRUN --mount=\(options) x\n")).stages.last?.rule
        }
        let plain = try rule("type=cache,target=/c")
        for option in ["uid=1", "gid=1", "mode=0700", "id=x", "ro"] {
            #expect(try rule("type=cache,target=/c,\(option)") != plain)
        }
        #expect(try rule("type=tmpfs,target=/c") != rule("type=tmpfs,target=/c,size=1"))
        #expect(try rule("type=secret,id=x,env=A") != rule("type=secret,id=x,env=B"))
    }
}
