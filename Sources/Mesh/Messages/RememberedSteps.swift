// Which steps a node remembers, and on what their layers stand.
package import Digests
package import Stages

package struct StepQuery: Hashable, Sendable {
    package let steps: [StageDigest]
    /// The class of the build that asks: one of the client's certificate, or of an order that the node was given.
    package let buildClass: String

    package init(steps: [StageDigest], buildClass: String) {
        self.steps = steps
        self.buildClass = buildClass
    }
}

package struct RememberedSteps: Hashable, Sendable {
    package let steps: [StageDigest: RememberedStep]

    package init(steps: [StageDigest: RememberedStep]) { self.steps = steps }
}

extension StepQuery: Message {
    package func write(to fields: inout FieldWriter) {
        fields.digests(1, steps)
        fields.text(2, buildClass)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        steps = try fields.stageDigests(1, "steps")
        buildClass = try fields.text(2, "buildClass", max: WireName.nodeBytesMax)
    }
}

extension RememberedStep: Message {
    package func write(to fields: inout FieldWriter) {
        fields.message(1, layer)
        if case .chain(let chain) = base {
            fields.group(2) { $0.digest(1, chain) }
        }
        fields.messages(3, sources.map(SourceChain.init))
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let layer: LayerName? = try fields.optionalMessage(1, "layer")
        let hasChain = try fields.nextTag() == 2
        let base: StepBase =
            !hasChain
            ? .anything
            : try fields.group(2, "chain") { fields throws(MessageError) in
                .chain(try fields.optionalBlobDigest(1, "digest"))
            }
        let sources: [SourceChain] = try fields.messages(3, "sources")
        self.init(layer: layer, on: base, reading: sources.map(\.chain))
    }
}

/// The layers of a stage that a step read; nil for none.
private struct SourceChain: Message {
    let chain: BlobDigest?

    init(_ chain: BlobDigest?) { self.chain = chain }

    func write(to fields: inout FieldWriter) { fields.digest(1, chain) }

    init(from fields: inout FieldReader) throws(MessageError) {
        chain = try fields.optionalBlobDigest(1, "chain")
    }
}

/// A step with its name.
private struct NamedStep: Message {
    let digest: StageDigest
    let step: RememberedStep

    init(_ digest: StageDigest, _ step: RememberedStep) { (self.digest, self.step) = (digest, step) }

    func write(to fields: inout FieldWriter) {
        fields.digest(1, digest)
        fields.message(2, step)
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        self.init(try fields.stageDigest(1, "digest"), try fields.message(2, "step"))
    }
}

extension RememberedSteps: Message {
    package func write(to fields: inout FieldWriter) {
        fields.messages(1, steps.sorted { $0.key < $1.key }.map { NamedStep($0.key, $0.value) })
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        var steps: [StageDigest: RememberedStep] = [:]
        for named in try fields.messages(1, "steps", as: NamedStep.self) {
            guard steps.updateValue(named.step, forKey: named.digest) == nil else {
                throw MessageError("steps", .repeated)
            }
        }
        self.steps = steps
    }
}
