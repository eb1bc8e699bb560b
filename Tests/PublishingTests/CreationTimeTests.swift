// Times of images, which anybody may have written.
import Testing

@testable import Publishing

@Suite struct `Times of creation` {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T01:00:00.5+01:00", 500_000_000),
            ("1969-12-31T23:59:59Z", -1_000_000_000), ("2262-04-11T23:47:16.854775807Z", .max),
            // Go's time of nothing, and others that nanoseconds don't reach.
            ("0001-01-01T00:00:00Z", nil), ("0000-01-01T00:00:00Z", nil), ("9999-12-31T23:59:59Z", nil),
            ("2262-04-11T23:47:16.854775808Z", nil), ("1677-09-21T00:00:00Z", nil), ("yesterday", nil), (nil, nil),
        ] as [(String?, Int64?)])
    func `are read, or nothing`(text: String?, nanoseconds: Int64?) {
        #expect(Timestamp.nanoseconds(text) == nanoseconds)
    }

    @Test func `of a stage id of any length are some time`() {
        #expect(Timestamp.nanoseconds(milliseconds: 1_700_000_000_000) == 1_700_000_000_000_000_000)
        #expect(Timestamp.nanoseconds(milliseconds: 9_999_999_999_999) == .max)
    }
}
