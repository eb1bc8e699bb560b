// Sets of nodes as bits, so that "a free node that this build may use" is a few words to look at.

struct NodeBits: Sendable {
    private(set) var words: [UInt64] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    func contains(_ node: Int) -> Bool {
        let word = node >> 6
        return node >= 0 && word < words.count && words[word] & (1 << UInt64(node & 63)) != 0
    }

    mutating func set(_ node: Int, to member: Bool) {
        guard contains(node) != member else { return }
        while words.count <= node >> 6 { words.append(0) }
        words[node >> 6] ^= 1 << UInt64(node & 63)
        count += member ? 1 : -1
    }

    /// The first member at or after `start` that `other` doesn't hold, and that `within` holds if it is given.
    func first(from start: Int, notIn other: NodeBits, within: NodeBits? = nil) -> Int? {
        var word = start >> 6
        var mask = ~UInt64(0) << UInt64(start & 63)
        while word < words.count {
            var bits = words[word] & mask
            if word < other.words.count { bits &= ~other.words[word] }
            if let within { bits &= word < within.words.count ? within.words[word] : 0 }
            if bits != 0 { return word << 6 + bits.trailingZeroBitCount }
            mask = ~0
            word += 1
        }
        return nil
    }
}
