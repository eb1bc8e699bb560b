// A body on its way out: pieces that a stream has and has not sent, without copies; and records of one size for TLS.

struct OutboundQueue {
    private var pieces: [[UInt8]] = []
    private var first = 0
    private var sentOfFirst = 0
    private(set) var byteCount = 0
    /// Nothing comes after what is queued.
    var isFinished = false

    mutating func append(_ piece: [UInt8]) {
        guard !piece.isEmpty else { return }
        pieces.append(piece)
        byteCount += piece.count
    }

    /// The first `count` bytes, in one or more runs.
    mutating func take(_ count: Int, _ use: (RawSpan) -> Void) {
        var left = count
        while left > 0, first < pieces.count {
            let taken = min(left, pieces[first].count - sentOfFirst)
            let run = sentOfFirst..<(sentOfFirst + taken)
            unsafe pieces[first].withUnsafeBytes { unsafe use(UnsafeRawBufferPointer(rebasing: $0[run]).bytes) }
            left -= taken
            byteCount -= taken
            sentOfFirst += taken
            if sentOfFirst == pieces[first].count { dropFirst() }
        }
    }

    private mutating func dropFirst() {
        pieces[first] = []
        first += 1
        sentOfFirst = 0
        guard first == pieces.count || first > 64 else { return }
        pieces.removeFirst(first)
        first = 0
    }

    mutating func clear() {
        pieces = []
        first = 0
        sentOfFirst = 0
        byteCount = 0
    }
}

/// Gathers small frames into one TLS record; what is bigger than a record goes through without a copy.
struct RecordStage {
    /// Plaintext of one TLS record in bytes.
    static let recordBytes = 16384
    private var staged: [UInt8] = []

    var byteCount: Int { staged.count }

    mutating func add(_ bytes: RawSpan, output: (RawSpan) -> Void) {
        var sent = 0
        if !staged.isEmpty {
            sent = min(bytes.byteCount, Self.recordBytes - staged.count)
            append(bytes.extracting(0..<sent))
            if staged.count == Self.recordBytes { flush(output: output) }
        }
        let whole = (bytes.byteCount - sent) / Self.recordBytes * Self.recordBytes
        if whole > 0 { output(bytes.extracting(sent..<(sent + whole))) }
        append(bytes.extracting((sent + whole)..<bytes.byteCount))
    }

    mutating func flush(output: (RawSpan) -> Void) {
        guard !staged.isEmpty else { return }
        unsafe output(staged.span.bytes)
        staged.removeAll(keepingCapacity: true)
    }

    private mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe staged.append(contentsOf: $0) }
    }
}
