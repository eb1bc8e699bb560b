// What a step's maker says of its result over its signature, so that the result may go from node to node.
package import Digests

/// Handed on as it is by whoever took the result: only its maker can make another.
package struct StepStatement: Hashable, Sendable {
    /// The maker's when it signed, X.509 in DER: names it, and holds the key.
    package let certificate: [UInt8]
    /// The class of the build that the result was made for; results of other classes may be kept beside it.
    package let buildClass: String
    /// Unix seconds: a certificate that has expired since was good when it counted.
    package let madeAt: Int64
    /// Ed25519, of `text`.
    package let signature: [UInt8]

    /// Bytes of a certificate, and of a signature: more is none of a mesh.
    package static let certificateBytesMax = 16 << 10
    package static let signatureBytesMax = 128

    package init(certificate: [UInt8], buildClass: String, madeAt: Int64, signature: [UInt8]) {
        self.certificate = certificate
        self.buildClass = buildClass
        self.madeAt = madeAt
        self.signature = signature
    }

    /// What is signed: everything that a taker relies on. Names are counted, so that no two statements are the same text.
    /// The first line is this purpose's own: no other signature of a node's key is one of these.
    package static func text(
        of step: RememberedStep, as digest: StageDigest, buildClass: String, maker: String, madeAt: Int64
    ) -> [UInt8] {
        func word(_ chain: BlobDigest?) -> String { chain?.description ?? "none" }
        var lines = [
            "weft-step-result 1", "step \(digest.hex)", "class \(buildClass.utf8.count) \(buildClass)",
            "maker \(maker.utf8.count) \(maker)", "made \(madeAt)",
            "layer " + (step.layer.map { "\($0.diffID) \($0.byteCount)" } ?? "none"),
        ]
        switch step.base {
        case .anything: lines.append("on anything")
        case .chain(let chain): lines.append("on \(word(chain))")
        }
        for source in step.sources { lines.append("reads \(word(source))") }
        return Array(lines.joined(separator: "\n").utf8)
    }
}

/// A remembered result with its maker's word for it; without one it is of use only to the process that made it.
package struct StatedStep: Hashable, Sendable {
    package let step: RememberedStep
    package let statement: StepStatement?

    package init(_ step: RememberedStep, _ statement: StepStatement?) {
        self.step = step
        self.statement = statement
    }
}
