// How long stages took in earlier builds, by a key that stays the same when their contents change.

/// Durations that newer builds outweigh: each measurement moves the remembered value a quarter of the way.
///
/// Holds at most `entriesMax` keys; when there are more, the quarter that was measured longest ago is forgotten.
package struct DurationBook: Sendable, Equatable {
    package static let entriesMax = 65_536
    /// Bytes of UTF-8; what has a longer key is not remembered.
    package static let keyBytesMax = 512
    /// Bytes of an encoded book: what `entriesMax` entries with the longest keys can take, rounded up.
    package static let encodedBytesMax = 80 << 20
    /// Weight of the newest measurement: 1 in so many.
    static let decay: Int64 = 4

    struct Entry: Sendable, Equatable {
        /// Nanoseconds.
        var duration: Int64
        /// Greater for what was measured later.
        var turn: UInt64
    }

    private(set) var entries: [String: Entry] = [:]
    private var turns: UInt64 = 0

    package init() {}

    package var count: Int { entries.count }

    /// Nanoseconds; nil when the stage was never measured.
    package func expected(_ key: String) -> Int64? { entries[key]?.duration }

    /// - Parameter duration: nanoseconds; negative ones, of clocks that stepped back, count as 0.
    package mutating func record(_ key: String, duration: Int64) {
        guard key.utf8.count <= DurationBook.keyBytesMax else { return }
        let measured = max(duration, 0)
        var value = measured
        // Both are at least 0, so their difference can't overflow.
        if let known = entries[key]?.duration { value = known + (measured - known) / DurationBook.decay }
        insert(key, value)
    }

    private mutating func insert(_ key: String, _ duration: Int64) {
        turns += 1
        entries[key] = Entry(duration: duration, turn: turns)
        guard entries.count > DurationBook.entriesMax else { return }
        for (key, _) in oldestFirst.prefix(DurationBook.entriesMax / 4) { entries[key] = nil }
    }

    private var oldestFirst: [(key: String, value: Entry)] { entries.sorted { $0.value.turn < $1.value.turn } }

    package static func == (left: DurationBook, right: DurationBook) -> Bool {
        left.oldestFirst.elementsEqual(right.oldestFirst) {
            $0.key == $1.key && $0.value.duration == $1.value.duration
        }
    }
}

// MARK: As bytes

/// Why the bytes are not a book of durations.
package enum DurationBookError: Error, Equatable, CustomStringConvertible {
    case tooLong(bytes: Int)
    case unknownVersion(String)
    case badLine(Int, why: String)

    package var description: String {
        switch self {
        case .tooLong(let bytes):
            "the learned durations take \(bytes) bytes, more than \(DurationBook.encodedBytesMax); "
                + "delete the file, and durations are learned again"
        case .unknownVersion(let line):
            "the learned durations begin with '\(line)' instead of '\(DurationBook.header)': "
                + "another version of weft wrote them; delete the file, and durations are learned again"
        case .badLine(let line, let why):
            "line \(line) of the learned durations \(why); delete the file, and durations are learned again"
        }
    }
}

extension DurationBook {
    static let header = "weft-durations 1"
    /// Bytes of a first line that are shown in an error.
    private static let shownBytesMax = 40

    /// A header, then a line for each key, longest ago first: nanoseconds, a blank, the key. In keys `%` and control
    /// characters are written as `%XX`.
    package func encode() -> [UInt8] {
        var bytes = Array(DurationBook.header.utf8) + [UInt8(ascii: "\n")]
        for (key, entry) in oldestFirst {
            bytes += Array(String(entry.duration).utf8) + [UInt8(ascii: " ")]
            for byte in key.utf8 { DurationBook.append(byte, to: &bytes) }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(DurationBookError) {
        guard bytes.count <= DurationBook.encodedBytesMax else { throw .tooLong(bytes: bytes.count) }
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // The last line ends with a line feed too, so nothing is left after it.
        let rest = lines.removeLast()
        guard let first = lines.first ?? (rest.isEmpty ? nil : rest), first.elementsEqual(DurationBook.header.utf8)
        else {
            let start = (lines.first ?? rest).prefix(DurationBook.shownBytesMax)
            throw .unknownVersion(String(decoding: start, as: UTF8.self))
        }
        guard rest.isEmpty, !lines.isEmpty else { throw .badLine(lines.count + 1, why: "is cut off") }
        for (number, line) in lines.enumerated().dropFirst() {
            guard number <= DurationBook.entriesMax else {
                throw .badLine(number + 1, why: "is one too many: there are at most \(DurationBook.entriesMax) entries")
            }
            let (key, duration) = try DurationBook.entry(of: line, number: number + 1)
            guard entries[key] == nil else { throw .badLine(number + 1, why: "names a key a second time") }
            insert(key, duration)
        }
    }

    private static func entry(of line: ArraySlice<UInt8>, number: Int) throws(DurationBookError) -> (String, Int64) {
        guard let blank = line.firstIndex(of: UInt8(ascii: " ")), line.first != UInt8(ascii: "+"),
            let duration = Int64(String(decoding: line[..<blank], as: UTF8.self)), duration >= 0
        else { throw .badLine(number, why: "does not begin with nanoseconds and a blank") }
        guard let bytes = unescape(line[(blank + 1)...]), let key = String(validating: bytes, as: UTF8.self) else {
            throw .badLine(number, why: "has a key that is not UTF-8 or has a wrong escape")
        }
        guard key.utf8.count <= keyBytesMax else { throw .badLine(number, why: "has a key over \(keyBytesMax) bytes") }
        return (key, duration)
    }

    private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        guard byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "%") else { return bytes.append(byte) }
        let digits = Array("0123456789ABCDEF".utf8)
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    private static func unescape(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
