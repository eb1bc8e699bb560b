// One instruction's text joined from its continuation lines, still knowing where each byte came from.

struct LogicalLine: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where in the file its first physical line begins.
    private let start: Int
    /// Where in the file each joined piece begins: ascending in both offsets.
    private var pieces: [(logical: Int, source: Int)] = []

    init(start: Int) { self.start = start }

    /// `piece` is a slice of the whole file, so its indices are offsets in the file.
    mutating func append(_ piece: ArraySlice<UInt8>) {
        guard !piece.isEmpty else { return }
        pieces.append((bytes.count, piece.startIndex))
        bytes.append(contentsOf: piece)
    }

    /// The offset in the file of the byte at `offset` here.
    func sourceOffset(of offset: Int) -> Int {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].logical <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return start }
        return pieces[low - 1].source + offset - pieces[low - 1].logical
    }
}
