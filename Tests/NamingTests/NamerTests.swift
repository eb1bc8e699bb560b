// The machine that names: who waits for whom, and that the order of events doesn't matter.
import Digests
import Naming
import Stages
import Testing

@Suite struct `Naming step by step` {
    private func index(_ number: Int) -> StageIndex { StageIndex(image: 0, number: number) }

    private func rule(_ words: NameWord..., previous: Int? = nil, base: NameWord? = nil) -> NameRule {
        NameRule(
            platform: nil, keyword: "RUN", inputs: [NameInput("input", words: words)], previous: previous.map(index),
            base: base)
    }

    private func digest(_ words: [String], tail: [String] = []) -> String {
        JoinedHash.sha3(["1.2", "RUN", JoinedHash.sha256(words)] + tail)
    }

    private func names(_ events: [Namer.Event]) -> ([StageIndex: String], Namer) {
        var namer = Namer()
        var names: [StageIndex: String] = [:]
        for event in events {
            for case .named(let stage, let digest) in namer.step(event) {
                #expect(names.updateValue(digest.hex, forKey: stage) == nil, "\(stage) is named twice")
            }
        }
        return (names, namer)
    }

    @Test func `a stage with nothing to wait for is named at once`() {
        let (names, namer) = names([.added(index(0), rule(.text("a")))])
        #expect(names == [index(0): digest(["a"])])
        #expect(namer.digest(of: index(0)) == digest(["a"]))
        #expect(namer.waiting.isEmpty)
    }

    @Test func `the previous digest, an image name and the base stand where werf has them`() {
        let rule = rule(.text("x"), .imageName(index(1)), previous: 0, base: .imageName(index(2)))
        let (names, _) = names([
            .added(index(0), self.rule(.text("a"))), .added(index(3), rule),
            .chosen(index(1), imageName: "repo:one"), .chosen(index(2), imageName: "repo:two"),
        ])
        let expected = digest(["x", "repo:one"], tail: [digest(["a"]), "", "repo:two"])
        #expect(names[index(3)] == expected)
    }

    @Test func `a base image is its manifest's digest`() throws {
        let manifest = BlobDigest(of: Array("manifest".utf8))
        let (names, _) = names([.added(index(1), rule(.digest(index(0)))), .resolved(index(0), manifest: manifest)])
        #expect(names[index(1)] == digest([manifest.description]))
    }

    @Test func `a platform other than linux on amd64 goes in front`() {
        var namer = Namer()
        let rule = NameRule(platform: "linux/arm64", keyword: "RUN", inputs: [])
        guard case .named(_, let name)? = namer.step(.added(index(0), rule)).first else {
            Issue.record("it is not named")
            return
        }
        #expect(name.hex == JoinedHash.sha3(["linux/arm64", "1.2", "RUN", JoinedHash.sha256([])]))
    }

    @Test func `whoever waits is listed with what it waits for first`() {
        let (names, namer) = names([
            .added(index(1), rule(.imageName(index(0)))), .added(index(2), rule(previous: 1)),
            .added(index(3), rule(.text("a"), .digest(index(9)))),
        ])
        #expect(names.isEmpty)
        let waiting = namer.waiting.map { [$0.stage, $0.for] }
        #expect(waiting == [[index(1), index(0)], [index(2), index(1)], [index(3), index(9)]])
        #expect(namer.digest(of: index(1)) == nil)
    }

    @Test func `one event names all that waited, along the chain`() {
        var events: [Namer.Event] = [.added(index(1), rule(.imageName(index(0))))]
        for number in 2...1_000 { events.append(.added(index(number), rule(.text("\(number)"), previous: number - 1))) }
        events.append(.chosen(index(0), imageName: "repo:tag"))
        let (names, namer) = names(events)
        #expect(names.count == 1_000)
        #expect(names[index(2)] == digest(["2"], tail: [digest(["repo:tag"]), ""]))
        #expect(namer.waiting.isEmpty)
    }

    @Test func `a chain of 10,000 instructions is named from one end to the other`() throws {
        let text = "FROM alpine\n" + (0..<10_000).map { "LABEL number=\($0)\n" }.joined()
        let image = try lower(recipe(text, staged: true))
        let named = NamedStages(image)
        var expected = ""
        for number in 0..<10_000 {
            let words = ["Labels", "number", "\(number)"]
            expected =
                number == 0
                ? stagedDigest("LABEL", words, on: "alpine") : stagedDigest("LABEL", words, after: expected)
        }
        #expect(named.digests[image.last] == expected)
        #expect(named.waiting == 0)
        #expect(NamedStages(try lower(recipe(text))).digests.count == 10_000)
    }

    @Test func `the order of events changes no name`() {
        let manifest = BlobDigest(of: [1, 2, 3])
        let events: [Namer.Event] = [
            .added(index(1), rule(.text("a"), .digest(index(0)))),
            .added(index(2), rule(.imageName(index(1)), .imageName(index(5)), previous: 1)),
            .added(index(3), rule(.digest(index(2)), .digest(index(0)), base: .imageName(index(2)))),
            .added(index(4), rule(.digest(index(3)), .imageName(index(5)))),
            .resolved(index(0), manifest: manifest),
            .chosen(index(1), imageName: "repo:1"), .chosen(index(2), imageName: "repo:2"),
            .chosen(index(5), imageName: "repo:5"),
        ]
        let (expected, _) = names(events)
        #expect(expected.count == 4)
        var numbers = SplitMix(state: 0x5EED)
        for _ in 0..<200 {
            let (names, namer) = names(events.shuffled(using: &numbers))
            #expect(names == expected)
            #expect(namer.waiting.isEmpty)
        }
        // The same when they come together.
        for _ in 0..<200 {
            var namer = Namer()
            var stages: [StageIndex] = []
            for case .named(let stage, let digest) in namer.step(events.shuffled(using: &numbers)) {
                #expect(digest.hex == expected[stage])
                stages.append(stage)
            }
            #expect(stages == expected.keys.sorted())
            #expect(namer.waiting.isEmpty)
        }
    }

    @Test func `many that wait for nobody are named at once`() {
        var namer = Namer()
        let events = (0..<100).map { Namer.Event.added(index($0), rule(.text("\($0 % 90)"))) }
        // One comes twice, and is named once.
        let effects = namer.step(events.reversed() + events.prefix(1))
        #expect(effects.count == 100)
        for number in 0..<100 {
            #expect(namer.digest(of: index(number)) == digest(["\(number % 90)"]))
        }
    }

    /// Told twice, as after a coordinator begins anew.
    @Test func `an event that comes twice names nothing again`() {
        let (names, namer) = names([
            .added(index(1), rule(.imageName(index(0)))), .added(index(1), rule(.imageName(index(0)))),
            .chosen(index(0), imageName: "repo:tag"), .chosen(index(0), imageName: "repo:tag"),
            .added(index(1), rule(.imageName(index(0)))),
        ])
        #expect(names == [index(1): digest(["repo:tag"])])
        #expect(namer.waiting.isEmpty)
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }
}
