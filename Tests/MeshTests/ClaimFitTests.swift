// Whether what another made can stand for what an order asks for.
import Digests
import Images
import Mesh
import Stages
import Testing

@Suite struct `The result of another build` {
    private static let layers = (1...3).map { LayerName(diffID: BlobDigest(of: [UInt8($0)]), byteCount: 1) }

    private static func order(on parent: StageContent, isRemembered: Bool = true) -> ShippedOrder {
        let order = StageOrder(
            stage: StageIndex(image: 0, number: 1), title: Drawn.title, digest: StageDigest(of: ["a"]), work: .collect,
            parent: parent, sources: [:], isRemembered: isRemembered, origins: nil)
        return ShippedOrder(
            build: "b", order: order, contexts: [], layers: [], secrets: [], watcher: "ear", buildClass: "ci")
    }

    private static func accepts(_ parent: StageContent, _ base: StepBase) -> Bool {
        order(on: parent).order.accepts(RememberedStep(layer: nil, on: base))
    }

    @Test func `fits on the layers that it was made on, and on no others`() {
        let diffIDs = Self.layers.map(\.diffID)
        #expect(Self.accepts(StageContent(root: .scratch, layers: Self.layers), .chain(.chain(diffIDs))))
        #expect(!Self.accepts(StageContent(root: .scratch, layers: Self.layers), .chain(.chain(diffIDs.reversed()))))
        #expect(!Self.accepts(StageContent(root: .scratch, layers: Self.layers), .chain(nil)))
        #expect(Self.accepts(StageContent(root: .scratch), .chain(nil)))
    }

    @Test func `counts the layers of a base`() {
        let base = GoldenMessages.base
        let content = StageContent(root: .base(base), layers: [Self.layers[0]])
        #expect(Self.accepts(content, .chain(.chain(base.config.diffIDs + [Self.layers[0].diffID]))))
        #expect(!Self.accepts(content, .chain(.chain([Self.layers[0].diffID]))))
    }

    @Test func `that looked at nothing below fits everywhere; one on a stage of a repo can't be told`() {
        let published = StageContent(root: .published(StageID(digest: StageDigest(of: ["p"]), timestamp: 1)))
        #expect(Self.accepts(published, .anything))
        #expect(!Self.accepts(published, .chain(nil)))
    }

    @Test func `is what the order itself comes to`() {
        let base = StageContent(root: .base(GoldenMessages.base), layers: [Self.layers[0]])
        for content in [base, StageContent(root: .scratch, layers: Self.layers), StageContent(root: .scratch)] {
            let order = Self.order(on: content).order
            let step = order.step(making: Self.layers[1])
            #expect(step?.layer == Self.layers[1])
            #expect(step.map(order.accepts) == true)
            #expect(step != order.step(making: nil))
        }
        let published = StageContent(root: .published(StageID(digest: StageDigest(of: ["p"]), timestamp: 1)))
        #expect(Self.order(on: published).order.step(making: nil) == nil)
    }

    @Test func `is wanted for steps that are remembered only`() {
        let content = StageContent(root: .scratch)
        #expect(Self.order(on: content).want?.key == ClaimKey(buildClass: "ci", digest: StageDigest(of: ["a"])))
        #expect(Self.order(on: content, isRemembered: false).want == nil)
    }
}
