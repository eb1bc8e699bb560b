// Pieces of bytes in their order, taken from the front in constant time.

struct PieceQueue: ~Copyable {
    private var pieces: [[UInt8]] = []
    private var first = 0
    /// Bytes in all pieces.
    private(set) var byteCount = 0

    /// Taken places at the front that are kept before the array is moved up.
    private static let takenPlacesMax = 64

    var isEmpty: Bool { byteCount == 0 }

    /// An empty piece is no piece.
    mutating func append(_ piece: [UInt8]) {
        guard !piece.isEmpty else { return }
        pieces.append(piece)
        byteCount += piece.count
    }

    mutating func takeFirst() -> [UInt8]? {
        guard first < pieces.count else { return nil }
        var piece: [UInt8] = []
        swap(&piece, &pieces[first])
        first += 1
        byteCount -= piece.count
        if first == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            first = 0
        } else if first > Self.takenPlacesMax, first > pieces.count / 2 {
            pieces.removeFirst(first)
            first = 0
        }
        return piece
    }

    /// Throws everything away, and says how many bytes that was.
    mutating func clear() -> Int {
        defer {
            pieces = []
            first = 0
            byteCount = 0
        }
        return byteCount
    }
}
