// Names of unstaged images, against digests put together by hand from what werf's code lists.
import Digests
import Naming
import Stages
import Testing

@Suite struct `Names of unstaged images` {
    private func name(_ recipe: ImageRecipe, checksum: String = "files") throws -> String? {
        let rule = try UnstagedName.rule(recipe, names: FixedNames(checksum: checksum))
        var namer = Namer()
        for case .named(_, let digest) in namer.step(.added(StageIndex(image: 0, number: 0), rule)) {
            return digest.hex
        }
        return nil
    }

    private func expect(
        _ text: String, _ items: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(try name(recipe(text)) == unstagedDigest(items), sourceLocation: sourceLocation)
    }

    /// Recomputed with Python's hashlib from the listed items.
    @Test func `hosts, base, arguments, variables, files and the cache version`() throws {
        let text = """
            ARG REG=reg/alpine
            FROM ${REG}:3
            ARG A=x
            ARG B=b-$A
            ENV E=$A-$B
            RUN echo "$A" 'x'
            COPY $A /to
            WORKDIR /w/$E

            """
        let recipe = try recipe(text, args: ["A": "given"], cacheVersion: "v7", addHost: ["host:10.0.0.1"])
        #expect(try name(recipe) == "2cc5f6c18892b9affbc04085173631f937b2bbe48f575c52c012a511")
    }

    @Test func `the text counts as it is written, joined and trimmed`() throws {
        try expect("FROM a\nrun  echo \\\n  x   y  \n", ["a", "run  echo   x   y"])
        try expect("FROM a\nCMD [\"x\", \"$A\"]\n", ["a", "CMD [x, ]"])
        try expect("FROM a\nHEALTHCHECK NONE\nEXPOSE 80\n", ["a", "HEALTHCHECK NONE", "EXPOSE 80"])
    }

    @Test func `an argument hides a variable of its name, in both orders`() throws {
        try expect(
            "FROM a\nENV X=env\nARG X=arg\nRUN $X\nENV X=again\nRUN $X\n",
            ["a", "ENV X=env", "ARG X=arg", "RUN arg", "ENV X=again", "RUN arg"])
    }

    @Test func `an argument without a value has that before FROM, the platform's, or none`() throws {
        try expect(
            "ARG V=1\nFROM a\nARG V\nARG TARGETARCH NONE TARGETSTAGE\nRUN $V$TARGETARCH\n",
            ["a", "ARG V=1", "ARG TARGETARCH=amd64", "ARG NONE=", "ARG TARGETSTAGE=", "RUN 1amd64"])
        // An empty default is none.
        try expect("ARG V=1\nFROM a\nARG V=\n", ["a", "ARG V=1"])
        // A platform argument that stands before FROM without a value is empty for werf.
        try expect("ARG TARGETARCH\nFROM a\nARG TARGETARCH\n", ["a", "ARG TARGETARCH="])
    }

    @Test func `what a dependency gives goes before args, and both before the default`() throws {
        let text = "FROM a\nARG IMAGE=x\nARG OTHER=${MISSING:?no}\n"
        let recipe = try recipe(
            text, args: ["IMAGE": "arg", "OTHER": "o"], dependencyArguments: ["IMAGE": "repo:tag"])
        #expect(try name(recipe) == unstagedDigest(["a", "ARG IMAGE=repo:tag", "ARG OTHER=o"]))
        // Also before FROM, where the default can't be expanded.
        let before = try Self.meta("ARG A=${B:?no}\nFROM $A\n", ["A": "a"])
        #expect(try name(before) == unstagedDigest(["a"]))
    }

    private static func meta(_ text: String, _ args: [String: String]) throws -> ImageRecipe {
        try recipe(text, args: args)
    }

    @Test func `COPY from a stage has no files, ADD always has`() throws {
        try expect("FROM a\nCOPY --from=image x /y\n", ["a", "COPY --from=image x /y"])
        try expect("FROM a\nADD http://host/x /y\n", ["a", "ADD http://host/x /y", "files"])
    }

    @Test func `a stage takes over the items of its base and of what it copies from`() throws {
        try expect(
            "FROM a AS one\nRUN 1\nFROM b AS two\nRUN 2\nFROM one\nCOPY --from=two /x /y\nCOPY --from=1 /z /y\n",
            [
                "one", "COPY --from=two /x /y", "COPY --from=1 /z /y", "a", "RUN 1", "b", "RUN 2", "b", "RUN 2",
            ])
        try expect(
            "FROM a AS one\nRUN 1\nFROM b\nRUN --mount=from=one,target=/m 2\nRUN --mount=from=0,target=/m 3\n",
            [
                "b", "RUN --mount=from=one,target=/m 2", "RUN --mount=from=0,target=/m 3", "a", "RUN 1", "a", "RUN 1",
            ])
    }

    @Test func `stages that the target doesn't need stay out`() throws {
        let text = "FROM a AS one\nRUN 1\nFROM b AS two\nRUN 2\n"
        #expect(try name(recipe(text, target: "one")) == unstagedDigest(["a", "RUN 1"]))
        #expect(try name(recipe(text)) == unstagedDigest(["b", "RUN 2"]))
    }

    @Test func `ONBUILD counts as text, and its trigger in stages on top, with variables only`() throws {
        try expect(
            "FROM a AS one\nENV E=e\nARG A=arg\nONBUILD RUN $E $A\nONBUILD ARG X=$E\nONBUILD COPY $E /y\nFROM one\n",
            [
                "one", "a", "ENV E=e", "ARG A=arg", "RUN $E $A", "ARG X=$E", "COPY $E /y", "RUN e ", "ARG X=e",
                "COPY $E /y", "files",
            ])
    }

    @Test func `what werf can't read as a word counts as it is written`() throws {
        try expect("FROM a\nRUN echo ${X^^}\n", ["a", "RUN echo ${X^^}", "as it is written"])
        #expect(throws: StagingError.self) { try name(recipe("FROM a\nUSER ${X^^}\n")) }
    }

    @Test func `what werf forgets is told apart`() throws {
        let heredocs = try [1, 2].map { try name(recipe("FROM a\nRUN <<E\n\($0)\nE\n")) }
        #expect(heredocs[0] != heredocs[1])
        let bases = try [1, 2].map {
            try name(recipe("ARG B=one\nFROM a AS one\nRUN \($0)\nFROM $B\n"))
        }
        #expect(bases[0] != bases[1])
    }

    @Test func `an empty base is refused with its place`() throws {
        let error = #expect(throws: StagingError.self) { try name(recipe("ARG B\nFROM $B\n")) }
        #expect(error?.place == "Dockerfile:2:1")
    }

    @Test func `stages that double their items at each link are refused`() throws {
        var text = "FROM a AS s0\nRUN 0\n"
        for number in 1...60 { text += "FROM s\(number - 1) AS s\(number)\nCOPY --from=s\(number - 1) /a /b\n" }
        let error = #expect(throws: StagingError.self) { try name(recipe(text)) }
        #expect(error?.reason.contains("1000000 inputs") == true)
    }

    @Test func `a chain of as many stages as a Dockerfile may have is named`() throws {
        let text = (1..<1_000).reduce("FROM a AS s0\nRUN 0\n") { $0 + "FROM s\($1 - 1) AS s\($1)\nRUN \($1)\n" }
        #expect(try name(recipe(text)) != nil)
    }
}
