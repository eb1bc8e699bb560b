// What a node remembers of a step: the layer that it made.
import Digests
import Stages

/// `layer DIFFID BYTES` or `empty`; the store checks that the bytes are whole.
struct StepRecord {
    let layer: LayerName?

    init(layer: LayerName?) { self.layer = layer }

    init?(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        if words == ["empty"] {
            layer = nil
        } else if words.count == 3, words[0] == "layer", let diffID = BlobDigest(words[1]), let size = Int64(words[2]) {
            layer = LayerName(diffID: diffID, byteCount: size)
        } else {
            return nil
        }
    }

    var bytes: [UInt8] { Array((layer.map { "layer \($0.diffID) \($0.byteCount)" } ?? "empty").utf8) }
}
