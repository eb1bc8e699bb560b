// What a node says of a blob's parts: which it has, which it is getting, and who else fetches the blob. Lines of text.
import BlobStore

/// `has all`, or `has` and `coming` with the digits of a `PartSet`; then `node` and a name for each other fetcher.
struct PartsAnswer: Hashable, Sendable {
    /// Bytes of an answer.
    static let bytesMax = 32 << 10

    /// Nil: all of them.
    var has: PartSet?
    var coming: PartSet?
    /// In the order in which they began.
    var nodes: [String] = []

    var text: String {
        var lines = ["has " + (has?.hex ?? "all")]
        if let coming { lines.append("coming " + coming.hex) }
        return (lines + nodes.map { "node " + $0 }).joined(separator: "\n") + "\n"
    }

    init(has: PartSet? = nil, coming: PartSet? = nil, nodes: [String] = []) {
        (self.has, self.coming, self.nodes) = (has, coming, nodes)
    }

    /// Nil for what says not what it has of a blob of so many parts; lines of other kinds are left out.
    init?(_ text: String, count: Int) {
        var isSaid = false
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2 else { continue }
            switch words[0] {
            case "has":
                isSaid = true
                guard words[1] != "all" else { continue }
                guard let parts = PartSet(hex: words[1], count: count) else { return nil }
                has = parts
            case "coming":
                guard let parts = PartSet(hex: words[1], count: count) else { return nil }
                coming = parts
            case "node": if nodes.count < Fetchers.namesMax { nodes.append(String(words[1])) }
            default: break
            }
        }
        guard isSaid else { return nil }
    }
}
