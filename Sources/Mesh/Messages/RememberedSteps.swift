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

/// Nothing is checked that signatures are for: whoever takes a result looks at its statement.
package struct RememberedSteps: Hashable, Sendable {
    package let steps: [StageDigest: StatedStep]

    package init(steps: [StageDigest: StatedStep]) { self.steps = steps }
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

/// A step with its name, and where the table of certificates has its maker's.
private struct NamedStep: Message {
    let digest: StageDigest
    let step: RememberedStep
    let statement: StepStatement?
    let place: Int

    init(_ digest: StageDigest, _ stated: StatedStep, _ place: Int) {
        (self.digest, step, statement, self.place) = (digest, stated.step, stated.statement, place)
    }

    func write(to fields: inout FieldWriter) {
        fields.digest(1, digest)
        fields.message(2, step)
        guard let statement else { return }
        fields.group(3) { fields in
            fields.count(1, place)
            statement.writeWords(to: &fields)
        }
    }

    init(from fields: inout FieldReader) throws(MessageError) {
        digest = try fields.stageDigest(1, "digest")
        step = try fields.message(2, "step")
        guard try fields.nextTag() == 3 else {
            (statement, place) = (nil, 0)
            return
        }
        (statement, place) = try fields.group(3, "statement") { fields throws(MessageError) in
            let place = try fields.count(1, "place", as: Int.self)
            return (try StepStatement(wordsOf: [], from: &fields), place)
        }
    }
}

extension RememberedSteps: Message {
    package func write(to fields: inout FieldWriter) {
        var places: [[UInt8]: Int] = [:]
        var certificates: [[UInt8]] = []
        var named: [NamedStep] = []
        for (digest, stated) in steps.sorted(by: { $0.key < $1.key }) {
            var place = 0
            if let certificate = stated.statement?.certificate {
                place = places[certificate, default: certificates.count]
                if place == certificates.count { certificates.append(certificate) }
                places[certificate] = place
            }
            named.append(NamedStep(digest, stated, place))
        }
        fields.messages(1, named)
        for certificate in certificates { fields.data(2, present: certificate) }
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let named: [NamedStep] = try fields.messages(1, "steps")
        let certificates = try fields.datas(2, "certificates", max: StepStatement.certificateBytesMax)
        var steps: [StageDigest: StatedStep] = [:]
        for named in named {
            var statement: StepStatement?
            if let words = named.statement {
                guard certificates.indices.contains(named.place) else { throw MessageError("certificates", .missing) }
                statement = words.by(certificates[named.place])
            }
            guard steps.updateValue(StatedStep(named.step, statement), forKey: named.digest) == nil else {
                throw MessageError("steps", .repeated)
            }
        }
        self.steps = steps
    }
}

// MARK: Statements

extension StepStatement: Message {
    package func write(to fields: inout FieldWriter) {
        fields.data(1, certificate)
        writeWords(to: &fields)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        let certificate = try fields.data(1, "certificate", max: Self.certificateBytesMax)
        try self.init(wordsOf: certificate, from: &fields)
    }

    /// All but the certificate.
    fileprivate func writeWords(to fields: inout FieldWriter) {
        fields.text(2, buildClass)
        fields.count(3, madeAt)
        fields.data(4, signature)
    }

    fileprivate init(wordsOf certificate: [UInt8], from fields: inout FieldReader) throws(MessageError) {
        self.init(
            certificate: certificate, buildClass: try fields.text(2, "buildClass", max: WireName.nodeBytesMax),
            madeAt: try fields.count(3, "madeAt"),
            signature: try fields.data(4, "signature", max: Self.signatureBytesMax))
    }

    fileprivate func by(_ certificate: [UInt8]) -> StepStatement {
        StepStatement(certificate: certificate, buildClass: buildClass, madeAt: madeAt, signature: signature)
    }
}
