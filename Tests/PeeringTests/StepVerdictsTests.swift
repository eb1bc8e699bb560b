// Results of steps are taken on their maker's word only: who signs what, and what is believed of it when.
import Authority
import Digests
import Stages
import Testing

@testable import Peering

@Suite struct `A result of a step` {
    static let step = RememberedStep(
        layer: LayerName(diffID: BlobDigest(of: [1]), byteCount: 9), on: .chain(BlobDigest(of: [2])),
        reading: [nil, BlobDigest(of: [3])])
    static let digest = StageDigest(of: ["step"])
    private static let day = MeshAuthority.day

    private let makers: Makers
    private let maker: StepVerdicts.Signer
    private let taker: StepVerdicts

    init() throws {
        makers = try Makers()
        maker = try makers.signer("maker")
        taker = try makers.verdicts(makers.signer("taker"))
    }

    private func made(by signer: StepVerdicts.Signer, of step: RememberedStep = step) -> StatedStep {
        StatedStep(step, makers.verdicts(signer).statement(of: step, as: Self.digest, for: "ci"))
    }

    private func refusal(
        of stated: StatedStep, as digest: StageDigest = digest, for classes: [String]? = ["ci"]
    ) -> String? {
        taker.refusal(of: stated, as: digest, for: classes, from: "giver")
    }

    @Test func `is believed by nodes and clients of the mesh, for its class and those that trust it`() {
        let stated = made(by: maker)
        #expect(stated.statement != nil)
        #expect(refusal(of: stated) == nil)
        #expect(refusal(of: stated, for: ["release", "ci"]) == nil)
        #expect(refusal(of: stated, for: nil) == nil)
        #expect(makers.verdicts(nil).refusal(of: stated, as: Self.digest, from: "giver") == nil)
        #expect(makers.verdicts(nil).statement(of: Self.step, as: Self.digest, for: "ci") == nil)
        #expect(taker.refusedCount == 0)
    }

    @Test func `is signed in these words`() {
        let text = StepStatement.text(
            of: Self.step, as: Self.digest, buildClass: "ci", maker: "n1", madeAt: 1_900_000_000)
        #expect(
            String(decoding: text, as: UTF8.self) == """
                weft-step-result 1
                step \(Self.digest.hex)
                class 2 ci
                maker 2 n1
                made 1900000000
                layer \(BlobDigest(of: [1])) 9
                on \(BlobDigest(of: [2]))
                reads none
                reads \(BlobDigest(of: [3]))
                """)
    }

    @Test func `is that of its step and class only`() {
        let stated = made(by: maker)
        #expect(refusal(of: stated, as: StageDigest(of: ["other"])) == "the signature of `maker` is of something else")
        #expect(refusal(of: stated, for: ["release"]) == "it was made for builds of the class `ci`")
        let renamed = stated.changed(buildClass: "release")
        #expect(refusal(of: renamed, for: ["release"])?.contains("something else") == true)
        let (layer, sources) = (Self.step.layer, Self.step.sources)
        for other in [
            RememberedStep(layer: nil, on: Self.step.base, reading: sources),
            RememberedStep(
                layer: LayerName(diffID: BlobDigest(of: [1]), byteCount: 8), on: Self.step.base, reading: sources),
            RememberedStep(layer: layer, on: .anything, reading: sources),
            RememberedStep(layer: layer, on: .chain(nil), reading: sources),
            RememberedStep(layer: layer, on: Self.step.base, reading: sources.reversed()),
            RememberedStep(layer: layer, on: Self.step.base),
        ] {
            #expect(refusal(of: StatedStep(other, stated.statement))?.contains("something else") == true)
            #expect(refusal(of: made(by: maker, of: other)) == nil)
        }
    }

    @Test func `is nobody's without the whole of a statement`() throws {
        let stated = made(by: maker)
        let statement = try #require(stated.statement)
        #expect(refusal(of: StatedStep(Self.step, nil)) == "nobody has signed it")
        for count in [0, 1, 32, 63] {
            let cut = Array(statement.signature.prefix(count))
            #expect(refusal(of: stated.changed(signature: cut))?.contains("something else") == true)
        }
        #expect(refusal(of: stated.changed(signature: statement.signature + [0])) != nil)
        for count in [0, 1, 100, statement.certificate.count - 1] {
            let cut = Array(statement.certificate.prefix(count))
            #expect(refusal(of: stated.changed(certificate: cut))?.contains("has not signed") == true)
        }
        var changed = statement.certificate
        changed[changed.count / 2] ^= 1
        #expect(refusal(of: stated.changed(certificate: changed)) != nil)
        #expect(refusal(of: stated.changed(certificate: [UInt8](repeating: 0x30, count: 1 << 20))) != nil)
        #expect(refusal(of: stated.changed(certificate: try makers.signer("other").certificate)) != nil)
        #expect(refusal(of: stated.changed(madeAt: statement.madeAt + 1)) != nil)
        #expect(refusal(of: stated) == nil)
    }

    @Test func `is not believed of a stranger or a client`() throws {
        let strangers = try Makers()
        let stranger = strangers.verdicts(try strangers.signer("maker"))
        let stated = StatedStep(Self.step, stranger.statement(of: Self.step, as: Self.digest, for: "ci"))
        #expect(refusal(of: stated) == "the mesh's authority has not signed its maker's certificate")
        #expect(refusal(of: made(by: try makers.signer("ann", role: .client))) == "`ann`, which signed it, is no node")
    }

    @Test func `falls with its maker, and with the certificate that it was signed with`() throws {
        let (stated, statement) = (made(by: maker), try #require(made(by: maker).statement))
        let newer = try makers.signer("maker")
        let renewed = makers.verdicts(maker)
        renewed.replace(by: newer)
        let later = StatedStep(Self.step, renewed.statement(of: Self.step, as: Self.digest, for: "ci"))
        #expect(later.statement?.certificate == newer.certificate)
        #expect(refusal(of: stated) == nil)
        #expect(taker.stillBelieves(statement))
        try makers.deny("serial \(CertifiedPeer(der: maker.certificate).serial) lost\n")
        #expect(refusal(of: stated) == "`maker` is denied: lost")
        #expect(!taker.stillBelieves(statement))
        #expect(refusal(of: later) == nil)
        try makers.deny("name maker broken into\n")
        #expect(refusal(of: later) == "`maker` is denied: broken into")
        #expect(refusal(of: made(by: try makers.signer("other"))) == nil)
        try makers.deny("")
        #expect(refusal(of: stated) == nil)
    }

    @Test func `outlives its maker's certificate, and is not made before or after it`() throws {
        let stated = made(by: maker)
        makers.pass(31 * Self.day)
        #expect(refusal(of: stated) == nil)
        let expired = made(by: maker)
        #expect(refusal(of: expired) == "the certificate of `maker` was not valid when it was made")
        let signer = try makers.signer("maker")
        func fresh(ahead seconds: Int64) -> StatedStep {
            let maker = makers.verdicts(signer, ahead: seconds)
            return StatedStep(Self.step, maker.statement(of: Self.step, as: Self.digest, for: "ci"))
        }
        #expect(refusal(of: fresh(ahead: -2 * Self.day))?.contains("was not valid") == true)
        #expect(refusal(of: fresh(ahead: 31 * Self.day))?.contains("was not valid") == true)
        // A clock that is wrong is no lie.
        #expect(refusal(of: fresh(ahead: Self.day)) == nil)
        for time in [Int64.min, 0, .max] { #expect(refusal(of: stated.changed(madeAt: time)) != nil) }
    }

    @Test func `that is refused is counted, and logged once for a node`() {
        for giver in ["a", "b", "a", "a"] {
            #expect(taker.refusal(of: StatedStep(Self.step, nil), as: Self.digest, from: giver) != nil)
        }
        #expect(taker.refusedCount == 4)
        #expect(makers.log.lines == ["a: nobody has signed it", "b: nobody has signed it"])
    }

    @Test func `is signed with the key of the certificate`() throws {
        #expect(StepVerdicts.Signer(key: NodeKey(), certificate: maker.certificate) == nil)
        #expect(StepVerdicts.Signer(key: NodeKey(), certificate: []) == nil)
    }
}

extension StatedStep {
    fileprivate func changed(
        certificate: [UInt8]? = nil, buildClass: String? = nil, madeAt: Int64? = nil, signature: [UInt8]? = nil
    ) -> StatedStep {
        StatedStep(
            step,
            statement.map {
                StepStatement(
                    certificate: certificate ?? $0.certificate, buildClass: buildClass ?? $0.buildClass,
                    madeAt: madeAt ?? $0.madeAt, signature: signature ?? $0.signature)
            })
    }
}
