// What a node remembers of a step: the layer that it made, the layers that it was made on, and its maker's word for it.
package import Digests
import Stages

/// `layer DIFFID BYTES BASE SOURCE…` or `empty BASE SOURCE…`; the store checks that the bytes are whole. BASE is `any`,
/// `none` or the chain's digest, a SOURCE one of the last two. A record of another form is of no use.
extension RememberedStep {
    init?(record: [UInt8]) {
        var words = String(decoding: record, as: UTF8.self).split(separator: " ")[...]
        var layer: LayerName?
        switch words.popFirst() {
        case "empty": break
        case "layer":
            guard let diffID = words.popFirst().flatMap({ BlobDigest($0) }),
                let size = words.popFirst().flatMap({ Int64($0) })
            else { return nil }
            layer = LayerName(diffID: diffID, byteCount: size)
        default: return nil
        }
        guard let base = words.popFirst().flatMap(Self.base) else { return nil }
        var sources: [BlobDigest?] = []
        for word in words {
            guard case .chain(let chain) = Self.base(word) else { return nil }
            sources.append(chain)
        }
        self.init(layer: layer, on: base, reading: sources)
    }

    /// The layer that a step's record names, for those who clean the store; nil for a record of another form, which is
    /// of no use.
    package static func layers(ofRecord bytes: [UInt8]) -> [BlobDigest]? {
        StatedStep(record: bytes).map { stated in stated.step.layer.map { [$0.diffID] } ?? [] }
    }

    private static func base(_ word: Substring) -> StepBase? {
        switch word {
        case "any": .anything
        case "none": .chain(nil)
        default: BlobDigest(word).map { .chain($0) }
        }
    }

    private static func word(_ chain: BlobDigest?) -> String { chain?.description ?? "none" }

    var record: [UInt8] {
        let below: String =
            switch base {
            case .anything: "any"
            case .chain(let chain): Self.word(chain)
            }
        let first = layer.map { "layer \($0.diffID) \($0.byteCount)" } ?? "empty"
        return Array(([first, below] + sources.map(Self.word)).joined(separator: " ").utf8)
    }
}

/// The step's record, and a line `signed SECONDS CERTIFICATE SIGNATURE CLASS` with the maker's statement. Nodes before
/// statements wrote none.
extension StatedStep {
    package init?(record: [UInt8]) {
        let lines = record.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = lines.first, let step = RememberedStep(record: Array(first)) else { return nil }
        guard lines.count > 1 else {
            self.init(step, nil)
            return
        }
        guard let statement = StepStatement(record: lines[1]) else { return nil }
        self.init(step, statement)
    }

    package var record: [UInt8] {
        step.record + (statement.map { [UInt8(ascii: "\n")] + $0.record } ?? [])
    }
}

extension StepStatement {
    fileprivate init?(record: ArraySlice<UInt8>) {
        guard let line = String(validating: record, as: UTF8.self) else { return nil }
        let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count == 5, words[0] == "signed", let madeAt = Int64(words[1]),
            let certificate = Hexadecimal.bytes(words[2]), let signature = Hexadecimal.bytes(words[3])
        else { return nil }
        self.init(certificate: certificate, buildClass: String(words[4]), madeAt: madeAt, signature: signature)
    }

    fileprivate var record: [UInt8] {
        let words = ["signed", "\(madeAt)", Hexadecimal.text(certificate), Hexadecimal.text(signature), buildClass]
        return Array(words.joined(separator: " ").utf8)
    }
}
