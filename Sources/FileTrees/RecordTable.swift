// Records of fixed size in one flat array, found by key through open addressing: no record is looked at before it is
// asked for.

/// What records of one kind look like, in words of 64 bits: the key, the value, and a check value over both.
struct RecordShape: Sendable {
    /// At the head of the file; another version has another one.
    let magic: String
    /// At most 4.
    let keyWords: Int
    let valueWords: Int
    /// Records on disk.
    let recordsMax: Int

    var checkPlace: Int { keyWords + valueWords }
    var recordWords: Int { checkPlace + 1 }
    var recordBytes: Int { recordWords * 8 }
}

// Safety: pointers are to whole records of `words` and to slots, and live only for the call.
struct RecordTable: Sendable {
    /// Keys shorter than four words end in zeros here.
    typealias Key = SIMD4<UInt64>

    let shape: RecordShape
    /// Record after record, as on disk.
    private(set) var words: [UInt64]
    /// The record's number plus one in the lower half, bits of its key's hash in the upper; 0 is empty. A power of two of
    /// them, at most half of them taken.
    private var slots: [UInt64]
    /// Different keys.
    private(set) var count = 0

    private static let tagMask: UInt64 = 0xffff_ffff_0000_0000
    private static let slotsMin = 1_024

    var recordCount: Int { words.count / shape.recordWords }

    /// `words` are whole records, or what a damaged file holds in their place; of two with one key the later counts.
    init(_ shape: RecordShape, words: [UInt64] = []) {
        self.shape = shape
        self.words = words
        self.words.removeLast(words.count % shape.recordWords)
        slots = []
        makeSlots(for: recordCount)
    }

    private mutating func makeSlots(for records: Int) {
        var capacity = Self.slotsMin
        while capacity < records * 2 { capacity *= 2 }
        slots = [UInt64](repeating: 0, count: capacity)
        count = 0
        place(0..<recordCount)
    }

    private mutating func place(_ records: Range<Int>) {
        let shape = shape
        var added = 0
        unsafe words.withUnsafeBufferPointer { words in
            unsafe slots.withUnsafeMutableBufferPointer { slots in
                guard let start = words.baseAddress else { return }
                for record in records {
                    let key = unsafe start + record * shape.recordWords
                    let hash = unsafe Self.hash(key, shape.keyWords)
                    let slot = unsafe Self.slot(
                        of: key, hash, shape, start, UnsafeBufferPointer(slots))
                    if unsafe slots[slot] == 0 { added += 1 }
                    unsafe slots[slot] = hash & Self.tagMask | UInt64(record + 1)
                }
            }
        }
        count += added
    }

    /// Where `key` is, or belongs.
    private static func slot(
        of key: UnsafePointer<UInt64>, _ hash: UInt64, _ shape: RecordShape, _ words: UnsafePointer<UInt64>,
        _ slots: UnsafeBufferPointer<UInt64>
    ) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while unsafe slots[slot] != 0 {
            if unsafe slots[slot] & tagMask == hash & tagMask {
                let other = unsafe words + number(slots[slot]) * shape.recordWords
                if (0..<shape.keyWords).allSatisfy({ unsafe key[$0] == other[$0] }) { break }
            }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private static func number(_ slot: UInt64) -> Int { Int(slot & ~tagMask) - 1 }

    private static func hash(_ key: UnsafePointer<UInt64>, _ count: Int) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for index in 0..<count {
            hash = (hash ^ (unsafe key[index])) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
        }
        return hash
    }

    /// Where the value of `key` begins in `words`; nil when it is unknown, or its record damaged.
    func value(of key: Key) -> Int? {
        unsafe withUnsafeBytes(of: key) { key in
            unsafe words.withUnsafeBufferPointer { words in
                unsafe slots.withUnsafeBufferPointer { slots in
                    guard let key = unsafe key.baseAddress?.assumingMemoryBound(to: UInt64.self),
                        let start = words.baseAddress
                    else { return nil }
                    let hash = unsafe Self.hash(key, shape.keyWords)
                    let slot = unsafe slots[Self.slot(of: key, hash, shape, start, slots)]
                    if slot == 0 { return nil }
                    let record = Self.number(slot) * shape.recordWords
                    let check = unsafe Self.check(start + record, shape.checkPlace)
                    return unsafe start[record + shape.checkPlace] == check ? record + shape.keyWords : nil
                }
            }
        }
    }

    /// A digest that lies at a place of `words`.
    func digest(at place: Int) -> ContentDigest {
        ContentDigest(words: SIMD4(words[place], words[place + 1], words[place + 2], words[place + 3]))
    }

    /// Adds a record; the words of `key` that the shape has no place for are zeros.
    mutating func insert(_ key: Key, _ value: [UInt64]) {
        words += Self.record(shape, key, value)
        if recordCount * 2 > slots.count {
            makeSlots(for: recordCount * 2)
        } else {
            place(recordCount - 1..<recordCount)
        }
    }

    static func record(_ shape: RecordShape, _ key: Key, _ value: [UInt64]) -> [UInt64] {
        precondition(value.count == shape.valueWords, "a value of another shape")
        let record = (0..<shape.keyWords).map { key[$0] } + value
        return record + [
            unsafe record.withUnsafeBufferPointer { record in
                guard let start = record.baseAddress else { return 0 }
                return unsafe check(start, record.count)
            }
        ]
    }

    /// The newest record of each key, in the order in which they were added; at most `countMax`, of the newest.
    func distinct(countMax: Int) -> [UInt64] {
        let live = slots.filter { $0 != 0 }.map(Self.number).sorted().suffix(countMax)
        return live.flatMap { words[$0 * shape.recordWords..<($0 + 1) * shape.recordWords] }
    }

    /// Against torn and damaged records, not against forgery. Each step maps different states to different ones, so that
    /// no change within one word goes unseen.
    private static func check(_ words: UnsafePointer<UInt64>, _ count: Int) -> UInt64 {
        var state: UInt64 = 0x8445_D61A_4E77_4912
        for index in 0..<count {
            state = (state ^ (unsafe words[index])) &* 0x9FB2_1C65_1E98_DF25
            state ^= state >> 32
        }
        return state
    }
}
