// What a node remembers of a step: the layer that it made, and the layers that it was made on.
package import Digests
import Stages

/// `layer DIFFID BYTES BASE` or `empty BASE`; the store checks that the bytes are whole. BASE is `any`, `none` or the
/// chain's digest. A record of another form, such as one without a BASE, is of no use.
extension RememberedStep {
    init?(record: [UInt8]) {
        let words = String(decoding: record, as: UTF8.self).split(separator: " ")
        guard let last = words.last, let base = Self.base(last) else { return nil }
        if words.count == 2, words[0] == "empty" {
            self.init(layer: nil, on: base)
        } else if words.count == 4, words[0] == "layer", let diffID = BlobDigest(words[1]), let size = Int64(words[2]) {
            self.init(layer: LayerName(diffID: diffID, byteCount: size), on: base)
        } else {
            return nil
        }
    }

    /// The layer that a step's record names, for those who clean the store; nil for a record of another form, which is
    /// of no use.
    package static func layers(ofRecord bytes: [UInt8]) -> [BlobDigest]? {
        RememberedStep(record: bytes).map { step in step.layer.map { [$0.diffID] } ?? [] }
    }

    private static func base(_ word: Substring) -> StepBase? {
        switch word {
        case "any": .anything
        case "none": .chain(nil)
        default: BlobDigest(word).map { .chain($0) }
        }
    }

    var record: [UInt8] {
        let word =
            switch base {
            case .anything: "any"
            case .chain(let chain): chain?.description ?? "none"
            }
        return Array(((layer.map { "layer \($0.diffID) \($0.byteCount)" } ?? "empty") + " " + word).utf8)
    }
}
