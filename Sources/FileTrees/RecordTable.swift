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

// Safety: slots point at whole records of `words`, as `insert` alone makes them.
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

    var recordCount: Int { words.count / shape.recordWords }

    /// `words` are whole records, or what a damaged file holds in their place; of two with one key the later counts.
    init(_ shape: RecordShape, words: [UInt64] = []) {
        self.shape = shape
        self.words = Array(words.prefix(words.count / shape.recordWords * shape.recordWords))
        slots = []
        makeSlots(for: recordCount)
    }

    private mutating func makeSlots(for records: Int) {
        var capacity = 1_024
        while capacity < records * 2 { capacity *= 2 }
        slots = [UInt64](repeating: 0, count: capacity)
        count = 0
        for record in 0..<recordCount { place(record) }
    }

    private mutating func place(_ record: Int) {
        let key = key(of: record)
        let hash = Self.hash(key)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        let tag = hash & 0xffff_ffff_0000_0000
        while slots[slot] != 0 {
            if slots[slot] & 0xffff_ffff_0000_0000 == tag, self.key(of: number(in: slot)) == key { break }
            slot = (slot + 1) & mask
        }
        if slots[slot] == 0 { count += 1 }
        slots[slot] = tag | UInt64(record + 1)
    }

    private func number(in slot: Int) -> Int { Int(slots[slot] & 0xffff_ffff) - 1 }

    private func key(of record: Int) -> Key {
        let start = record * shape.recordWords
        var key = Key()
        for index in 0..<shape.keyWords { key[index] = words[start + index] }
        return key
    }

    private static func hash(_ key: Key) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for index in 0..<4 {
            hash = (hash ^ key[index]) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
        }
        return hash
    }

    /// Where the value of `key` begins in `words`; nil when it is unknown, or its record damaged.
    func value(of key: Key) -> Int? {
        let hash = Self.hash(key)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        let tag = hash & 0xffff_ffff_0000_0000
        while slots[slot] != 0 {
            if slots[slot] & 0xffff_ffff_0000_0000 == tag, self.key(of: number(in: slot)) == key {
                let start = number(in: slot) * shape.recordWords
                let record = words[start..<start + shape.recordWords]
                return Self.check(record.dropLast()) == record.last ? start + shape.keyWords : nil
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// A digest that lies at a place of `words`.
    func digest(at place: Int) -> ContentDigest {
        ContentDigest(words: SIMD4(words[place], words[place + 1], words[place + 2], words[place + 3]))
    }

    /// Adds a record; the words of `key` that the shape has no place for are zeros.
    mutating func insert(_ key: Key, _ value: [UInt64]) {
        let record = Self.record(shape, key, value)
        words += record
        if recordCount * 2 > slots.count { makeSlots(for: recordCount * 2) } else { place(recordCount - 1) }
    }

    static func record(_ shape: RecordShape, _ key: Key, _ value: [UInt64]) -> [UInt64] {
        precondition(value.count == shape.valueWords, "a value of another shape")
        var record = (0..<shape.keyWords).map { key[$0] } + value
        record.append(check(record[...]))
        return record
    }

    /// The newest record of each key, in the order in which they were added; at most `countMax`, of the newest.
    func distinct(countMax: Int) -> [UInt64] {
        let live = slots.filter { $0 != 0 }.map { Int($0 & 0xffff_ffff) - 1 }.sorted().suffix(countMax)
        return live.flatMap { words[$0 * shape.recordWords..<($0 + 1) * shape.recordWords] }
    }

    /// Against torn and damaged records, not against forgery. Each step maps different states to different ones, so that
    /// no change within one word goes unseen.
    static func check(_ record: ArraySlice<UInt64>) -> UInt64 {
        var state: UInt64 = 0x8445_D61A_4E77_4912
        for word in record {
            state = (state ^ word) &* 0x9FB2_1C65_1E98_DF25
            state ^= state >> 32
        }
        return state
    }
}
