// Learned durations: how they move, how they are kept, and what is refused.

import Testing

@testable import Scheduling

@Suite struct `Learned durations` {
    @Test func `the first measurement is believed, later ones move it a quarter of the way`() {
        var book = DurationBook()
        #expect(book.expected("app/install") == nil)
        book.record("app/install", duration: 1_000)
        #expect(book.expected("app/install") == 1_000)
        book.record("app/install", duration: 2_000)
        #expect(book.expected("app/install") == 1_250)
        book.record("app/install", duration: 250)
        #expect(book.expected("app/install") == 1_000)
    }

    @Test func `a clock that stepped back counts as nothing, and extremes don't overflow`() {
        var book = DurationBook()
        book.record("a", duration: -5)
        #expect(book.expected("a") == 0)
        book.record("a", duration: .max)
        #expect(book.expected("a") == Int64.max / 4)
        book.record("a", duration: .min)
        #expect(book.expected("a") == Int64.max / 4 - Int64.max / 16)
    }

    @Test func `the text format is versioned and a line for each key, longest ago first`() throws {
        var book = DurationBook()
        book.record("b c", duration: 7)
        book.record("100%\n", duration: 9)
        book.record("b c", duration: 7)
        #expect(String(decoding: book.encode(), as: UTF8.self) == "weft-durations 1\n9 100%25%0A\n7 b c\n")
        #expect(try DurationBook(decoding: book.encode()) == book)
        #expect(try DurationBook(decoding: DurationBook().encode()).count == 0)
    }

    @Test func `beyond the bound what was measured longest ago is forgotten`() {
        var book = DurationBook()
        for number in 0..<DurationBook.entriesMax { book.record("k\(number)", duration: 1) }
        book.record("k0", duration: 1)
        #expect(book.count == DurationBook.entriesMax)
        book.record("new", duration: 2)
        #expect(book.count == DurationBook.entriesMax + 1 - DurationBook.entriesMax / 4)
        #expect(book.expected("k0") == 1)
        #expect(book.expected("k1") == nil)
        #expect(book.expected("new") == 2)
        book.record(String(repeating: "x", count: DurationBook.keyBytesMax + 1), duration: 3)
        #expect(book.expected(String(repeating: "x", count: DurationBook.keyBytesMax + 1)) == nil)
    }

    @Test(arguments: [
        ("", DurationBookError.unknownVersion("")),
        ("weft-durations 2\n", .unknownVersion("weft-durations 2")),
        ("weft-durations 1", .badLine(1, why: "is cut off")),
        ("weft-durations 1\n5 a", .badLine(2, why: "is cut off")),
        ("weft-durations 1\n5\n", .badLine(2, why: "does not begin with nanoseconds and a blank")),
        ("weft-durations 1\n-5 a\n", .badLine(2, why: "does not begin with nanoseconds and a blank")),
        (
            "weft-durations 1\n1 a\n99999999999999999999 b\n",
            .badLine(3, why: "does not begin with nanoseconds and a blank")
        ),
        ("weft-durations 1\n5 a%2\n", .badLine(2, why: "has a key that is not UTF-8 or has a wrong escape")),
        ("weft-durations 1\n5 %FF\n", .badLine(2, why: "has a key that is not UTF-8 or has a wrong escape")),
        ("weft-durations 1\n5 a\n6 a\n", .badLine(3, why: "names a key a second time")),
    ])
    func `bytes that are no book are refused with their line`(text: String, error: DurationBookError) {
        #expect(throws: error) { try DurationBook(decoding: Array(text.utf8)) }
    }

    @Test func `any bytes are either read or refused, never a crash`() {
        var random = SeededGenerator(seed: 1)
        var book = DurationBook()
        for number in 0..<20 { book.record("stage/\(number)%\u{7f}ü", duration: Int64(number)) }
        let good = book.encode()
        for _ in 0..<2000 {
            var bytes = good
            for _ in 0...random.below(3) {
                switch random.below(3) {
                case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
                case 1: bytes.remove(at: random.below(bytes.count))
                default: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count))
                }
            }
            guard let read = try? DurationBook(decoding: bytes) else { continue }
            #expect((try? DurationBook(decoding: read.encode())) == read)
        }
    }
}
