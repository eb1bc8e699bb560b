// Sizes, times and dates against what Go prints for them.
import Reports
import Testing

@Suite struct `Readable numbers` {
    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (5_557_453, "5.3 MiB"),
            (26_319_258, "25.1 MiB"), (1_048_575, "1024.0 KiB"), (1_073_741_824, "1.0 GiB"), (-2048, "-2.0 KiB"),
            (Int64.max, "8.0 EiB"), (Int64.min, "-8.0 EiB"),
        ] as [(Int64, String)])
    func `sizes have binary units and one decimal`(count: Int64, text: String) {
        #expect(ReadableNumber.bytes(count) == text)
    }

    @Test(
        arguments: [
            (0, "0.00"), (10_010, "10.01"), (12_340, "12.34"), (90, "0.09"), (999_999, "1000.00"), (-5, "0.00"),
            (61_004, "61.00"),
        ] as [(Int64, String)])
    func `seconds have two decimals`(milliseconds: Int64, text: String) {
        #expect(ReadableNumber.seconds(.milliseconds(milliseconds)) == text)
    }

    @Test func `an endless time is no crash`() {
        #expect(ReadableNumber.seconds(.seconds(Int64.max)).count > 15)
    }

    @Test(
        arguments: [
            (1_767_323_045_000_000_000, "2026-01-02 03:04:05 +0000 UTC"),
            (1_690_894_823_975_362_669, "2023-08-01 13:00:23.975362669 +0000 UTC"),
            (1_690_894_878_704_045_220, "2023-08-01 13:01:18.70404522 +0000 UTC"),
            (0, "1970-01-01 00:00:00 +0000 UTC"),
            (951_782_400_000_000_000, "2000-02-29 00:00:00 +0000 UTC"),
            (4_107_542_400_000_000_000, "2100-03-01 00:00:00 +0000 UTC"),
            (1_735_689_599_000_000_000, "2024-12-31 23:59:59 +0000 UTC"),
            (-500_000_000, "1969-12-31 23:59:59.5 +0000 UTC"),
            (Int64.max, "2262-04-11 23:47:16.854775807 +0000 UTC"),
            (Int64.min, "1677-09-21 00:12:43.145224192 +0000 UTC"),
        ] as [(Int64, String)])
    func `dates are those of Go`(nanoseconds: Int64, text: String) {
        #expect(ReadableNumber.date(unixNanoseconds: nanoseconds) == text)
    }
}
