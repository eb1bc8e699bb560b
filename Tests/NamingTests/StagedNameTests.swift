// Names of the stages of staged images, against digests put together by hand from what werf's code lists.
import Digests
import Images
import Naming
import Stages
import Testing

@Suite struct `Names of staged images` {
    private static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// `FROM alpine` and one instruction: the words that its digest is made of.
    private func expect(
        _ instruction: String, _ keyword: String, _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let image = try lower(recipe("FROM alpine\n" + instruction + "\n", staged: true))
        let name = NamedStages(image).published(image).first ?? nil
        #expect(name == stagedDigest(keyword, words, on: "alpine"), sourceLocation: sourceLocation)
    }

    @Test func `each change of the configuration has its words`() throws {
        try expect("ENV A=1 B=\"2 3\"", "ENV", ["Env", "A", "1", "B", "2 3"])
        try expect("LABEL a=1 b=2", "LABEL", ["Labels", "a", "1", "b", "2"])
        try expect("USER app", "USER", ["User", "app"])
        try expect("WORKDIR a/../b/", "WORKDIR", ["Path", "a/../b/"])
        try expect("VOLUME /a /b", "VOLUME", ["Volumes", "/a", "/b"])
        try expect("EXPOSE 9000 80/udp 443", "EXPOSE", ["Ports", "443", "80/udp", "9000"])
        try expect("STOPSIGNAL SIGTERM", "STOPSIGNAL", ["Signal", "SIGTERM"])
        try expect("SHELL [\"/bin/sh\", \"-e\"]", "SHELL", ["Shell", "/bin/sh", "-e"])
        try expect("MAINTAINER me", "MAINTAINER", ["Maintainer", "me"])
        try expect("ONBUILD RUN echo $A", "ONBUILD", ["Expression", "RUN echo $A"])
        try expect("CMD run $A", "CMD", ["Cmd", "run $A", "PrependShell", "true"])
        try expect("CMD [\"a\", \"b\"]", "CMD", ["Cmd", "a", "b", "PrependShell", "false"])
        try expect("ENTRYPOINT [\"a\"]", "ENTRYPOINT", ["Entrypoint", "a", "PrependShell", "false"])
    }

    @Test func `the keyword counts as it is written`() throws {
        try expect("user app", "user", ["User", "app"])
        try expect("Env A=1", "Env", ["Env", "A", "1"])
    }

    @Test func `durations are written as Go prints them`() throws {
        try expect(
            "HEALTHCHECK --interval=90s --timeout=1500ms --start-period=1h --retries=3 CMD true", "HEALTHCHECK",
            [
                "Test", "CMD-SHELL", "true", "Interval", "1m30s", "Timeout", "1.5s", "StartPeriod", "1h0m0s", "Retries",
                "3",
            ])
        try expect(
            "HEALTHCHECK --interval=1ms --timeout=2.5ms CMD [\"true\"]", "HEALTHCHECK",
            ["Test", "CMD", "true", "Interval", "1ms", "Timeout", "2.5ms", "StartPeriod", "0s", "Retries", "0"])
        try expect(
            "HEALTHCHECK NONE", "HEALTHCHECK",
            ["Test", "NONE", "Interval", "0s", "Timeout", "0s", "StartPeriod", "0s", "Retries", "0"])
    }

    @Test func `COPY and ADD count their sources`() throws {
        try expect(
            "COPY --chown=1:2 --chmod=644 a b /to/", "COPY",
            [
                "From", "", "Sources", "a", "b", "Dest", "/to/", "Chown", "1:2", "Chmod", "644", "ExpandedFrom", "",
                "SourcesChecksum", "checksum",
            ])
        try expect(
            "COPY --from=registry/image:1 /a /b", "COPY",
            [
                "From", "registry/image:1", "Sources", "/a", "Dest", "/b", "Chown", "", "Chmod", "", "ExpandedFrom",
                "registry/image:1",
            ])
        try expect(
            "ADD http://host/a b /to/", "ADD",
            [
                "Sources", "http://host/a", "b", "Dest", "/to/", "Chown", "", "Chmod", "", "SourcesChecksum",
                "checksum",
            ])
        try expect(
            "ADD https://host/a /to", "ADD",
            ["Sources", "https://host/a", "Dest", "/to", "Chown", "", "Chmod", ""])
    }

    @Test func `RUN counts its mounts as they are written`() throws {
        let head = ["Env", Self.path, "Command", "true", "PrependShell", "true"]
        try expect("RUN --network=none true", "RUN", head + ["Network", "none", "Security", "sandbox"])
        try expect(
            "RUN --mount=type=cache,target=/c,uid=10 --mount=type=secret,id=s,mode=0440 true", "RUN",
            head + [
                "Network", "default", "Security", "sandbox", "Mounts",
                "Type", "cache", "From", "", "Source", "", "Target", "/c", "ReadOnly", "false", "CacheID", "",
                "CacheSharing", "", "Required", "false", "UID", "10",
                "Type", "secret", "From", "", "Source", "", "Target", "", "ReadOnly", "true", "CacheID", "s",
                "CacheSharing", "", "Required", "false", "Mode", "288",
            ])
        try expect(
            "RUN --mount=source=src,target=/s --mount=type=cache,target=/c,sharing=locked,id=x true", "RUN",
            head + [
                "Network", "default", "Security", "sandbox", "Mounts",
                "Type", "bind", "From", "", "Source", "src", "Target", "/s", "ReadOnly", "true", "CacheID", "",
                "CacheSharing", "", "Required", "false",
                "Type", "cache", "From", "", "Source", "", "Target", "/c", "ReadOnly", "false", "CacheID", "x",
                "CacheSharing", "locked", "Required", "false", "SourcesChecksum", "checksum",
            ])
    }

    /// Recomputed with Python's hashlib from the listed words.
    @Test func `variables are expanded twice, with the base's environment and what dependencies give`() throws {
        let text = """
            ARG FROM_META=meta
            ARG DEP
            FROM alpine
            ENV HOME=/$BASE/home
            ARG GIVEN=inside
            ARG FROM_META
            ARG DEP
            ENV TWO=$GIVEN-two
            RUN echo "$HOME"

            """
        let alpine = try base("alpine") { $0.config.environment["BASE"] = "b" }
        let image = try lower(
            recipe(text, staged: true, args: ["GIVEN": "outside"], dependencyArguments: ["DEP": "repo:tag"]),
            bases: ["alpine": alpine])
        #expect(
            NamedStages(image).published(image) == [
                "2132339a0d30cc7cb189c4bbcd72392908ac107787bf87ebf50e692e",
                "b8e44b537f4d627480ddf0d1fdb7f5087ffca6d66337fa0db1370a6e",
                "53d51237ec29a2c4811ae1b368b7ebfde6c69df7d44e4a2f4adba924",
            ])
    }

    @Test func `an ARG before FROM without a value is empty in the environment of RUN, and TARGETSTAGE is unknown`()
        throws
    {
        let image = try lower(
            recipe("ARG EMPTY\nFROM alpine\nARG EMPTY\nARG TARGETSTAGE\nARG TARGETARCH\nRUN true\n", staged: true))
        let words = [
            "Env", "EMPTY=", Self.path, "TARGETARCH=amd64", "Command", "true", "PrependShell", "true", "Network",
            "default", "Security", "sandbox",
        ]
        #expect(NamedStages(image).published(image) == [stagedDigest("RUN", words, on: "alpine")])
    }

    @Test func `of a variable that the base has twice the last value counts`() throws {
        let alpine = try base("alpine") { $0.config.environment = ["PATH=/p", "A=1", "A=2"] }
        let image = try lower(recipe("FROM alpine\nENV B=$A\n", staged: true), bases: ["alpine": alpine])
        #expect(NamedStages(image).published(image) == [stagedDigest("ENV", ["Env", "B", "2"], on: "alpine")])
    }

    @Test func `a stage on another stage, and a COPY from it, have its image's name`() throws {
        let text = "FROM alpine AS build\nUSER a\nFROM build\nCOPY --from=build /a /b\n"
        let image = try lower(recipe(text, staged: true))
        let user = stagedDigest("USER", ["User", "a"], on: "alpine")
        let last = StageIndex(image: 0, number: 1)
        let named = NamedStages(image) { $0 == last ? "repo:build-tag" : nil }
        let copy = stagedDigest(
            "COPY",
            [
                "From", "build", "Sources", "/a", "Dest", "/b", "Chown", "", "Chmod", "", "ExpandedFrom",
                "repo:build-tag",
            ], on: "repo:build-tag")
        #expect(named.published(image) == [user, copy])
        #expect(named.waiting == 0)
        #expect(NamedStages(image).published(image) == [user, nil])
        #expect(NamedStages(image).waiting == 1)
    }

    @Test func `a mount from a stage has its image's name`() throws {
        let text = "FROM alpine AS build\nUSER a\nFROM alpine\nRUN --mount=from=0,source=/x,target=/t true\n"
        let image = try lower(recipe(text, staged: true))
        let named = NamedStages(image) { $0.number == 1 ? "repo:tag" : nil }
        let run = stagedDigest(
            "RUN",
            [
                "Env", Self.path, "Command", "true", "PrependShell", "true", "Network", "default", "Security",
                "sandbox", "Mounts", "Type", "bind", "From", "repo:tag", "Source", "/x", "Target", "/t", "ReadOnly",
                "true", "CacheID", "", "CacheSharing", "", "Required", "false",
            ], on: "alpine")
        #expect(named.published(image).last == run)
    }

    @Test func `the second version begins with FROM, which alone counts the cache version`() throws {
        let text = "FROM alpine:3 AS build\nUSER a\nFROM build\nUSER b\n"
        let image = try lower(recipe(text, staged: true, fromStage: true, cacheVersion: "v2"))
        let named = NamedStages(image) { $0.number == 2 ? "repo:build-tag" : nil }
        let from = stagedDigest("FROM", ["BaseImageReference", "alpine:3", "ImageCacheVersion", "v2"])
        let user = stagedDigest("USER", ["User", "a"], after: from)
        // werf's code fills the reference in before the other stage is there.
        let second = stagedDigest("FROM", ["BaseImageReference", "", "ImageCacheVersion", "v2"], on: "repo:build-tag")
        #expect(named.published(image) == [from, user, second, stagedDigest("USER", ["User", "b"], after: second)])
        #expect(
            image.stages.filter { $0.publicity == .published }.map(\.title.name) == [
                "FROM1", "USER2", "FROM1", "USER2",
            ])
    }

    @Test func `the first version leaves the cache version out and refuses a stage of FROM alone`() throws {
        let image = try lower(recipe("FROM alpine\nUSER a\n", staged: true, cacheVersion: "v2"))
        #expect(NamedStages(image).published(image) == [stagedDigest("USER", ["User", "a"], on: "alpine")])
        #expect(refusal("FROM alpine\nARG A\n", staged: true).hasPrefix("Dockerfile:1:1: "))
        let text = "FROM alpine AS a\nFROM scratch\nCOPY --from=a /x /y\n"
        #expect(refusal(text, staged: true).contains("WERF_STAGED_DOCKERFILE_VERSION=v2"))
    }

    @Test func `what werf leaves out is told apart`() throws {
        func name(_ instruction: String) throws -> String? {
            let image = try lower(recipe("FROM alpine\n\(instruction)\n", staged: true))
            return NamedStages(image).published(image).first ?? nil
        }
        #expect(try name("RUN <<E\na\nE") != name("RUN <<E\nb\nE"))
        #expect(try name("COPY --exclude=x a /") != name("COPY a /"))
        #expect(try name("RUN --mount=target=/s true") != name("RUN --mount=target=/s,source=a true"))
        #expect(
            try name("HEALTHCHECK --start-interval=1s CMD true") != name("HEALTHCHECK --start-interval=2s CMD true"))
    }
}
