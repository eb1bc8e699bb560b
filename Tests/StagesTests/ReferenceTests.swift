// Which stages an image needs, and names that stand for none.
import Images
import Stages
import Testing

@Suite struct `References to stages` {
    private func titles(_ text: String, target: String? = nil) throws -> [String] {
        try lower(recipe(text, target: target)).stages.map(\.title.text)
    }

    @Test func `only what the target needs becomes stages`() throws {
        let text = "FROM a AS one\nRUN 1\nFROM b AS two\nRUN 2\nFROM one AS three\nCOPY --from=two /x /y\n"
        #expect(try titles(text) == ["FROM a", "RUN 1", "FROM b", "RUN 2", "COPY --from=two /x /y"])
        #expect(try titles(text, target: "TWO") == ["FROM b", "RUN 2"])
        #expect(try titles(text, target: "0") == ["FROM a", "RUN 1"])
    }

    @Test func `images that are needed are named once, those of triggers too`() throws {
        let text = "FROM a AS unused\nFROM b AS two\nFROM two\nCOPY --from=c /x /y\nRUN --mount=from=b,target=/t x\n"
        let recipe = try recipe(text)
        #expect(try DockerfileLowering.missingBases(recipe, known: [:]) == ["b", "c"])
        let b = try base("b") { $0.config.onBuild = ["COPY --from=d /x /y"] }
        #expect(try DockerfileLowering.missingBases(recipe, known: ["b": b]) == ["c", "d"])
    }

    @Test func `of two stages with one name the last counts for those behind, the one before for a base between`()
        throws
    {
        let text = "FROM a AS x\nRUN 1\nFROM x AS x\nRUN 2\nFROM b\nCOPY --from=x /x /y\n"
        #expect(try titles(text) == ["FROM a", "RUN 1", "RUN 2", "FROM b", "COPY --from=x /x /y"])
    }

    @Test(arguments: [
        ("FROM base AS me\nCOPY --from=me /a /b\n", "Dockerfile:2:1: the stage can't take files from itself"),
        ("FROM base AS me\nCOPY --from=0 /a /b\n", "Dockerfile:2:1: the stage can't take files from itself"),
        ("FROM base\nCOPY --from=late /a /b\nFROM base AS late\nFROM 0\n", ""),
        ("FROM base AS a\nRUN --mount=from=late,target=/t x\nFROM base AS late\nFROM a\n", "Dockerfile:2:1: the stage"),
        ("FROM base\nCOPY --from=9 /a /b\n", "Dockerfile:2:1: there is no stage 9"),
        ("FROM base\nCOPY --from=-1 /a /b\n", "Dockerfile:2:1: there is no stage -1"),
        ("FROM Base\n", "Dockerfile:1:1: "), ("FROM base AS one\nFROM One\n", "Dockerfile:2:1: \"One\" is no name"),
        ("FROM base\nCOPY --from=No:such:image /a /b\n", "Dockerfile:2:1: "), ("ARG B\nFROM $B\n", "Dockerfile:2:1: "),
    ])
    func `names that stand for nothing usable are refused with their place`(_ text: String, _ beginning: String) {
        let refusal = refusal(text)
        #expect(beginning.isEmpty ? refusal.isEmpty : refusal.hasPrefix(beginning))
    }

    @Test func `an unknown target is refused with the names that there are`() throws {
        let recipe = try recipe("FROM a AS one\nFROM b AS two\n", target: "three")
        let error = #expect(throws: StagingError.self) { try lower(recipe) }
        #expect(error?.description.hasPrefix("werf.yaml:1: ") == true)
        #expect(error?.reason.contains("one, two") == true)
    }

    @Test func `another platform is refused, the same one is not`() throws {
        #expect(refusal("FROM --platform=$BUILDPLATFORM base\nRUN x\n").isEmpty)
        for text in ["amd64", "linux", "local", "x86_64"] {
            #expect(refusal("FROM --platform=\(text) base\nRUN x\n").isEmpty)
        }
        #expect(refusal("FROM --platform=linux/arm64 base\nRUN x\n").hasPrefix("Dockerfile:1:1: "))
        #expect(refusal("FROM --platform=$NOTHING base\nRUN x\n").hasPrefix("Dockerfile:1:1: "))
    }

    @Test func `triggers of a base are one known instruction each`() throws {
        func refusal(_ triggers: [String]) throws -> String {
            let odd = try base("odd") { $0.config.onBuild = triggers }
            do {
                _ = try lower(recipe("ARG A\nFROM odd\n"), bases: ["odd": odd])
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(try refusal(["RUN a", "ENV b=c"]).isEmpty)
        for trigger in ["", "RUN a\nRUN b", "FROM x", "NOPE", "ENV A=${B", "COPY --from=7 a b"] {
            #expect(try refusal([trigger]).hasPrefix("Dockerfile:2:1: "))
        }
    }

    @Test func `a trigger that can't be followed is refused only where its stage is a base`() {
        let text = "FROM base AS one\nONBUILD RUM x\nONBUILD COPY --nope a b\n"
        #expect(refusal(text).isEmpty)
        #expect(refusal(text + "FROM one\n").hasPrefix("Dockerfile:2:9: the ONBUILD trigger can't be followed"))
    }

    @Test func `images of a staged Dockerfile have names and levels`() throws {
        let text =
            "FROM a AS one\nRUN 1\nFROM one\nRUN 2\nFROM a AS three\nCOPY --from=1 /x /y\nCOPY --from=one /x /y\n"
        let images = try lower(recipe(text, staged: true)).internalImages
        #expect(images.map(\.name) == ["app/stage/one", "app/stage1", "app"])
        #expect(images.map(\.level) == [2, 1, 0])
    }
}
