// Every instruction with its forms and flags.
import Testing

@testable import Dockerfiles

@Suite struct Instructions {
    static let simple: [(String, Instruction)] = [
        ("CMD a  b", .cmd(CommandLine(["a  b"], prependsShell: true))),
        ("CMD [\"a\", \"b\\u00e9\\n\"]", .cmd(CommandLine(["a", "bé\n"], prependsShell: false))),
        ("CMD []", .cmd(CommandLine([], prependsShell: false))),
        ("CMD", .cmd(CommandLine([], prependsShell: true))),
        ("CMD ['a']", .cmd(CommandLine(["['a']"], prependsShell: true))),
        ("CMD [\"a\"", .cmd(CommandLine(["[\"a\""], prependsShell: true))),
        ("CMD [\"a\",]", .cmd(CommandLine(["[\"a\",]"], prependsShell: true))),
        ("CMD [\"a\"] b", .cmd(CommandLine(["[\"a\"] b"], prependsShell: true))),
        ("CMD [\"\\ud83d\\ude00\\ud83d\"]", .cmd(CommandLine(["😀\u{FFFD}"], prependsShell: false))),
        ("ENTRYPOINT [\"/x\"]", .entrypoint(CommandLine(["/x"], prependsShell: false))),
        ("ENTRYPOINT /x $y", .entrypoint(CommandLine(["/x $y"], prependsShell: true))),
        ("ENV a b c=\"d\"", .env([KeyValuePair(key: "a", value: "b c=\"d\"", isLegacy: true)])),
        (
            "ENV a=b c=\"d e\" f=\\ g h=",
            .env([
                KeyValuePair(key: "a", value: "b"), KeyValuePair(key: "c", value: "\"d e\""),
                KeyValuePair(key: "f", value: "\\ g"), KeyValuePair(key: "h", value: ""),
            ])
        ),
        ("LABEL \"a b\"=c", .label([KeyValuePair(key: "\"a b\"", value: "c")])),
        ("LABEL a.b 'c d'", .label([KeyValuePair(key: "a.b", value: "'c d'", isLegacy: true)])),
        ("EXPOSE 80/tcp 443 8000-8010/udp", .expose(ports: ["443", "80/tcp", "8000-8010/udp"])),
        ("MAINTAINER Jo <jo@example.com>", .maintainer("Jo <jo@example.com>")),
        ("SHELL [\"sh\", \"-c\"]", .shell(["sh", "-c"])),
        ("STOPSIGNAL SIGTERM", .stopsignal("SIGTERM")),
        ("USER  a:b ", .user("a:b")),
        ("VOLUME /a /b", .volume(["/a", "/b"])),
        ("VOLUME [\"/a b\", \" /c \"]", .volume(["/a b", "/c"])),
        ("WORKDIR /a b", .workdir("/a b")),
        ("workdir /a", .workdir("/a")),
    ]

    @Test(arguments: simple.indices) func `have a value`(index: Int) throws {
        #expect(try instruction(Self.simple[index].0) == Self.simple[index].1, "\(Self.simple[index].0)")
    }

    @Test func `ARG declares several names`() throws {
        guard case .arg(let arg) = try instruction("ARG a b=c \"d=e f\" g=") else {
            Issue.record("no ARG")
            return
        }
        #expect(
            arg.arguments == [
                BuildArgument(key: "a"), BuildArgument(key: "b", value: "c"), BuildArgument(key: "\"d", value: "e f\""),
                BuildArgument(key: "g", value: ""),
            ])
        #expect(arg.location == SourceLocation(file: "D", line: 2))
    }

    @Test func `COPY has flags`() throws {
        let text = "COPY --from=x --chown=1:2 --chmod=755 --link --parents=true --exclude=*.md --exclude=b a c d/"
        #expect(
            try instruction(text)
                == .copy(
                    CopyInstruction(
                        sources: SourcesAndDestination(paths: ["a", "c"], files: [], destination: "d/"), from: "x",
                        owner: "1:2", mode: "755", isLinked: true, keepsParents: true, excludes: ["*.md", "b"])))
    }

    @Test func `COPY and ADD take an exec form`() throws {
        guard case .copy(let copy) = try instruction("COPY --link=false [\"a b\", \"c\"]") else {
            Issue.record("no COPY")
            return
        }
        #expect(copy.sources == SourcesAndDestination(paths: ["a b"], files: [], destination: "c"))
        #expect(!copy.isLinked)
        #expect(copy.from == nil)
    }

    @Test func `ADD has flags`() throws {
        let text = "ADD --chown=a --chmod=u+x --link --keep-git-dir --checksum=sha256:1 --unpack=false --exclude=x u d"
        #expect(
            try instruction(text)
                == .add(
                    AddInstruction(
                        sources: SourcesAndDestination(paths: ["u"], files: [], destination: "d"), owner: "a",
                        mode: "u+x", isLinked: true, keepsGitDirectory: true, checksum: "sha256:1", unpacks: false,
                        excludes: ["x"])))
        guard case .add(let plain) = try instruction("ADD a b") else { return }
        #expect(plain.keepsGitDirectory == nil && plain.unpacks == nil && !plain.isLinked)
    }

    @Test func `flags may be quoted and end at two dashes`() throws {
        guard case .copy(let copy) = try instruction("COPY --chown=\"a b\" --chmod=7\\ 5 -- --x y") else {
            Issue.record("no COPY")
            return
        }
        #expect(copy.owner == "a b")
        #expect(copy.mode == "7 5")
        #expect(copy.sources.paths == ["--x"])
    }

    @Test func `HEALTHCHECK has times`() throws {
        let text =
            "HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=500ms --start-interval=2h --retries=3 CMD a b"
        guard case .healthcheck(let check) = try instruction(text) else {
            Issue.record("no HEALTHCHECK")
            return
        }
        #expect(check.test == ["CMD-SHELL", "a b"])
        #expect(check.interval == 90_000_000_000)
        #expect(check.timeout == 1_500_000_000)
        #expect(check.startPeriod == 500_000_000)
        #expect(check.startInterval == 7_200_000_000_000)
        #expect(check.retries == 3)
    }

    @Test func `HEALTHCHECK may be exec form or nothing`() throws {
        #expect(
            try instruction("HEALTHCHECK cmd [\"a\", \"b\"]") == .healthcheck(Healthcheck(test: ["CMD", "a", "b"])))
        #expect(try instruction("HEALTHCHECK none") == .healthcheck(Healthcheck(test: ["NONE"])))
    }

    @Test func `ONBUILD holds another instruction`() throws {
        guard case .onbuild(let onbuild) = try instruction("onbuild   COPY --from=x a \\\n b") else {
            Issue.record("no ONBUILD")
            return
        }
        #expect(onbuild.expression == "COPY --from=x a  b")
        let trigger = try onbuild.trigger()
        #expect(trigger.original == "COPY --from=x a  b")
        #expect(trigger.location.description == "D:2:11")
        #expect(trigger.instruction.keyword == .copy)
    }

    @Test(arguments: [("ONBUILD RUN a  ", "RUN a  "), ("onbuild \t COPY <<E /x \nE", "COPY <<E /x \nE")])
    func `ONBUILD keeps the blanks at the end`(text: String, expression: String) throws {
        guard case .onbuild(let onbuild) = try instruction(text) else {
            Issue.record("no ONBUILD")
            return
        }
        #expect(onbuild.expression == expression)
    }

    @Test(arguments: ["ONBUILD RUM a", "ONBUILD COPY --nope a b", "ONBUILD COPY a", "ONBUILD HEALTHCHECK x"])
    func `what ONBUILD says is checked where it is followed`(text: String) throws {
        guard case .onbuild(let onbuild) = try instruction(text) else {
            Issue.record("no ONBUILD")
            return
        }
        let error = #expect(throws: DockerfileError.self) { try onbuild.trigger() }
        #expect(error?.location.description == "D:2:9")
    }
}

@Suite struct `Go durations` {
    @Test(arguments: [
        ("0", 0), ("+0", 0), ("5s", 5_000_000_000), ("-1.5h", -5_400_000_000_000), ("1h15m30.918s", 4_530_918_000_000),
        (".5s", 500_000_000), ("1.s", 1_000_000_000), ("1us", 1_000), ("1\u{B5}s", 1_000), ("1\u{3BC}s", 1_000),
        ("39h9m14.425s", 140_954_425_000_000), ("0.3333333333333333333h", 1_200_000_000_000),
        ("9223372036854775807ns", Int64.max),
    ])
    func `are nanoseconds`(text: String, nanoseconds: Int64) {
        #expect(GoDuration.nanoseconds(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "3", "-", "s", ".", "-.", ".s", "+.s", "1d", "1 s", "3000000h", "9223372036854775808ns", "1e3s",
    ])
    func `are refused`(text: String) {
        #expect(GoDuration.nanoseconds(text) == nil)
    }
}
