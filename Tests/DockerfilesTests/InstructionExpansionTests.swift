// Which fields of which instruction take variables.
import Testing

@testable import Dockerfiles

@Suite struct `Expansion of instructions` {
    private static let environment = ["a": "x", "b": "y", "p": "80 443"]

    private func expanded(_ text: String) throws -> Instruction {
        try instruction(text).expanded(with: Expander(), Self.environment).instruction
    }

    @Test(arguments: [
        ("STOPSIGNAL $a", Instruction.stopsignal("x")),
        ("USER $a:'$b'", .user("x:$b")),
        ("VOLUME [\"/$a\", \"/$p\"]", .volume(["/x", "/80 443"])),
        ("WORKDIR /$a", .workdir("/x")),
        ("LABEL \"$a\"=$b", .label([KeyValuePair(key: "x", value: "y")])),
        ("ENV $a=$b c='$b'", .env([KeyValuePair(key: "x", value: "y"), KeyValuePair(key: "c", value: "$b")])),
        ("ENV $a $b", .env([KeyValuePair(key: "x", value: "y", isLegacy: true)])),
    ])
    func `reaches every field`(text: String, expected: Instruction) throws {
        #expect(try expanded(text) == expected)
    }

    @Test func `splits the ports of EXPOSE again, sorted before`() throws {
        #expect(try expanded("EXPOSE 1$a $p") == .expose(ports: ["80", "443", "1x"]))
    }

    @Test func `reaches names and defaults of ARG`() throws {
        guard case .arg(let arg) = try expanded("ARG $a=$b c") else { throw Fault("no ARG") }
        #expect(arg.arguments == [BuildArgument(key: "x", value: "y"), BuildArgument(key: "c")])
    }

    @Test func `reaches COPY but for its stage and exceptions`() throws {
        guard case .copy(let copy) = try expanded("COPY --chown=$a --chmod=$n --exclude=$a --from=s $a/$b $b") else {
            throw Fault("no COPY")
        }
        #expect(copy.sources == SourcesAndDestination(paths: ["x/y"], files: [], destination: "y"))
        #expect(copy.owner == "x" && copy.mode == nil && copy.excludes == ["$a"] && copy.from == "s")
    }

    @Test func `reaches ADD with its checksum`() throws {
        guard case .add(let add) = try expanded("ADD --chown=$a --chmod=$b --checksum=$p $a $b") else {
            throw Fault("no ADD")
        }
        #expect(add.sources == SourcesAndDestination(paths: ["x"], files: [], destination: "y"))
        #expect(add.owner == "x" && add.mode == "y" && add.checksum == "80 443")
    }

    @Test func `reaches documents that are not quoted, and keeps their quotes`() throws {
        guard case .copy(let copy) = try expanded("COPY <<A <<'B' /$a/\n\"$a\" \\$a\nA\n$a\nB") else {
            throw Fault("no COPY")
        }
        #expect(copy.sources.files.map(\.content) == ["\"x\" $a\n", "$a\n"])
        #expect(copy.sources.destination == "/x/")
    }

    @Test(arguments: [
        "CMD $a", "ENTRYPOINT [\"$a\"]", "HEALTHCHECK CMD $a", "MAINTAINER $a", "ONBUILD USER $a", "SHELL [\"$a\"]",
        "RUN $a", "RUN <<E\n$a\nE",
    ])
    func `leaves others alone`(text: String) throws {
        #expect(try expanded(text) == instruction(text))
    }

    @Test func `reports the names`() throws {
        let result = try instruction("COPY $a $c /$a").expanded(with: Expander(), ["a": "x"])
        #expect(result.used == ["a"])
        #expect(result.missing == ["c"])
    }

    @Test func `happens in two phases for werf`() throws {
        let first = try instruction("COPY $a/$c d").expanded(with: Expander(unset: .keep), ["a": "x"])
        let second = try first.instruction.expanded(with: Expander(), ["c": "y"])
        #expect(try second.instruction == instruction("COPY x/y d"))
    }

    @Test func `uses the file's escape character`() throws {
        let file = try parse("# escape=`\nFROM a\nWORKDIR C:\\$a\\`$a")
        let expander = Expander(escape: file.directives.escape)
        let expanded = try file.stages[0].instructions[0].expanded(with: expander, ["a": "x"])
        #expect(expanded.instruction == .workdir("C:\\x\\$a"))
    }

    @Test func `names the place of an error`() throws {
        let user = try located("\n  USER ${a:?who}")
        let error = #expect(throws: DockerfileError.self) { try user.expanded(with: Expander(), [:]) }
        #expect(error?.description == "D:3:3: can't expand \"${a:?who}\": a: who")
    }
}
