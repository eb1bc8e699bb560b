// The inputs that a namer tells of a digest are those that were hashed.
import Digests
import Dockerfiles
import Images
import Naming
import Projects
import Stages
import Testing

@Suite struct `Inputs of digests` {
    private let first = StageIndex(image: 0, number: 0)
    private let second = StageIndex(image: 0, number: 1)

    /// Hashes what was told, in werf's form (werf.md 2.2).
    private func recomputed(_ inputs: [DigestInput]) -> StageDigest {
        let named = Dictionary(inputs.map { ($0.label, $0.words) }, uniquingKeysWith: { $1 })
        let words = inputs.filter { !["platform", "stage", "built on", "base"].contains($0.label) }.flatMap(\.words)
        var parts = (named["platform"] ?? []) + ["1.2"] + (named["stage"] ?? []) + [JoinedHash.sha256(words)]
        if let below = named["built on"] { parts += below + [""] }
        return StageDigest(of: parts + (named["base"] ?? []))
    }

    @Test func `a digest comes out again of its inputs`() throws {
        let recipe = try recipe("FROM alpine\nARG A=1\nRUN echo $A\nCOPY . /app\n", args: ["A": "2"])
        let rule = try UnstagedName.rule(recipe, names: FixedNames())
        var namer = Namer()
        guard case .named(_, let digest)? = namer.step(.added(first, rule)).first else {
            Issue.record("the image has no name")
            return
        }
        let inputs = namer.inputs(rule, of: digest)
        #expect(recomputed(inputs.inputs) == digest)
        #expect(inputs.inputs.contains { $0.words == ["ARG A=2"] })
    }

    @Test func `a stage tells what it is built on and named by`() {
        var namer = Namer()
        let manifest = BlobDigest(of: [1])
        _ = namer.step(.resolved(first, manifest: manifest))
        let rule = NameRule(
            platform: "linux/arm64", keyword: "RUN",
            inputs: [.labelled("Command", "make"), NameInput("From", words: [.text("From"), .digest(first)])],
            previous: first)
        guard case .named(_, let digest)? = namer.step(.added(second, rule)).first else {
            Issue.record("the stage has no name")
            return
        }
        #expect(
            namer.inputs(rule, of: digest).inputs == [
                DigestInput("platform", ["linux/arm64"]), DigestInput("stage", ["RUN"]),
                DigestInput("Command", ["make"]), DigestInput("From", [manifest.description]),
                DigestInput("built on", [manifest.description]),
            ])
    }

    @Test func `long words are kept by their beginning and hash`() {
        let long = String(repeating: "a", count: 20_000)
        func bounded(_ word: String) -> String? {
            DigestInputs(digest: StageDigest(of: []), inputs: [DigestInput("x", [word])]).bounded.inputs[0].words.first
        }
        #expect(bounded(long).map { $0.utf8.count < 500 } == true)
        #expect(bounded(long) != bounded(long + "b"))
        #expect(bounded("short") == "short")
    }
}
