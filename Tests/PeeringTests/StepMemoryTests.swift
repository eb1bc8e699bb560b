// What a node keeps of results: given on as their makers stand for them, and to nobody when they stand for them no more.
import BlobStore
import Building
import Digests
import Mesh
import Stages
import Testing

@testable import Peering

@Suite struct `Results in a node's store` {
    private static let step = RememberedStep(layer: nil, on: .anything, reading: [nil, BlobDigest(of: [3])])
    private static let digest = StageDigest(of: ["step"])
    private static let ci = StepScope(buildClass: "ci")
    private static let release = StepScope(buildClass: "release", trusted: ["ci"])

    private let makers: Makers
    private let maker: StepVerdicts
    private let temporary: TemporaryStore

    init() throws {
        makers = try Makers()
        maker = makers.verdicts(try makers.signer("maker"))
        temporary = try TemporaryStore()
    }

    private func memory(_ name: String) throws -> StepMemory {
        StepMemory(store: temporary.store, witness: makers.verdicts(try makers.signer(name)))
    }

    private func given(_ memory: StepMemory, to scope: StepScope) -> StatedStep? {
        memory.remembered([Self.digest], by: scope)[Self.digest]
    }

    private var stated: StatedStep {
        StatedStep(Self.step, maker.statement(of: Self.step, as: Self.digest, for: "ci"))
    }

    @Test func `go from hand to hand with their maker's statement`() throws {
        let (stated, memory) = (stated, try memory("taker"))
        try memory.remember(stated, as: Self.digest, by: Self.ci)
        #expect(given(memory, to: Self.ci) == stated)
        #expect(given(memory, to: StepScope(buildClass: "other")) == nil)
        // A class that reuses those of another keeps them in its own name, and still says for whom they were made.
        let taken = try #require(given(memory, to: Self.release))
        try memory.remember(taken, as: Self.digest, by: Self.release)
        #expect(given(memory, to: Self.release) == stated)
        let words = try RememberedSteps(encoded: RememberedSteps(steps: [Self.digest: taken]).encoded)
        let client = makers.verdicts(nil)
        #expect(client.refusal(of: try #require(words.steps[Self.digest]), as: Self.digest, from: "taker") == nil)
    }

    @Test func `are not those of a class that is trusted no more`() throws {
        let memory = try memory("taker")
        try memory.remember(stated, as: Self.digest, by: Self.release)
        #expect(given(memory, to: Self.release) != nil)
        #expect(given(memory, to: StepScope(buildClass: "release")) == nil)
    }

    @Test func `fall when their maker is denied`() throws {
        let memory = try memory("taker")
        try memory.remember(stated, as: Self.digest, by: Self.ci)
        try makers.deny("name maker broken into\n")
        #expect(given(memory, to: Self.ci) == nil)
        // Made again here, it is this node's.
        let own = makers.verdicts(try makers.signer("taker")).statement(of: Self.step, as: Self.digest, for: "ci")
        try memory.remember(StatedStep(Self.step, own), as: Self.digest, by: Self.ci)
        #expect(given(memory, to: Self.ci)?.statement == own)
    }

    @Test func `that nobody signed are of use to a host that builds for itself`() throws {
        try temporary.store.steps.write(Self.ci.key(of: Self.digest), Array("empty any none".utf8))
        #expect(given(try memory("taker"), to: Self.ci) == nil)
        let alone = StepMemory(store: temporary.store, witness: nil)
        #expect(given(alone, to: Self.ci) == StatedStep(RememberedStep(layer: nil, on: .anything, reading: [nil]), nil))
    }

    @Test func `are written and read as they are`() {
        let statement = StepStatement(certificate: [0, 255], buildClass: "a class", madeAt: -1, signature: [])
        let layer = LayerName(diffID: BlobDigest(of: [1]), byteCount: 9)
        for base in [StepBase.anything, .chain(nil), .chain(BlobDigest(of: [2]))] {
            let step = RememberedStep(layer: base == .anything ? nil : layer, on: base, reading: [nil])
            for statement in [nil, statement] {
                let record = StatedStep(step, statement).record
                #expect(StatedStep(record: record) == StatedStep(step, statement))
                #expect(RememberedStep.layers(ofRecord: record) == (step.layer.map { [$0.diffID] } ?? []))
            }
        }
        for text in ["", "signed", "signed x 00 00 ci", "signed 1 0 00 ci", "signed 1 00 00", "said 1 00 00 ci"] {
            #expect(StatedStep(record: Array("empty any\n\(text)".utf8)) == nil, "\(text)")
        }
    }
}
