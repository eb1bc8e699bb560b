// Times as RFC 3339 texts and back, in UTC.

package enum Timestamp {
    private static let secondsPerDay: Int64 = 86_400

    /// `2026-01-02T03:04:05.678Z` of unix milliseconds.
    package static func text(milliseconds: Int64) -> String {
        let seconds = Int64((Double(milliseconds) / 1_000).rounded(.down))
        let days = Int64((Double(seconds) / Double(secondsPerDay)).rounded(.down))
        let rest = seconds - days * secondsPerDay
        let (year, month, day) = date(days: days)
        let clock = [rest / 3_600, rest / 60 % 60, rest % 60].map { padded($0, 2) }.joined(separator: ":")
        let fraction = padded(milliseconds - seconds * 1_000, 3)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(clock).\(fraction)Z"
    }

    /// Unix nanoseconds of unix milliseconds; the last there are for times beyond the year 2262.
    static func nanoseconds(milliseconds: Int64) -> Int64 {
        let (product, overflows) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflows ? (milliseconds < 0 ? .min : .max) : product
    }

    /// Unix nanoseconds of an RFC 3339 text; nil when it is none, or before 1678 or after 2262: Go's time of nothing is
    /// in the year 1.
    package static func nanoseconds(_ text: String?) -> Int64? {
        guard let bytes = text.map({ Array($0.utf8) }), bytes.count >= 20, bytes.count <= 40 else { return nil }
        func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), (0...9_999).contains(year)
        else { return nil }
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (48...57).contains($0) }
            let nine = (digits.map { $0 } + [UInt8](repeating: 48, count: 9)).prefix(9)
            fraction = Int64(String(decoding: nine, as: UTF8.self)) ?? 0
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offset(rest) else { return nil }
        let seconds = days(year, month, day) * secondsPerDay + hour * 3_600 + minute * 60 + second - offset
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowsAgain) = whole.addingReportingOverflow(fraction)
        return overflows || overflowsAgain ? nil : sum
    }

    /// Seconds of `Z` or `+01:00`.
    private static func offset(_ text: ArraySlice<UInt8>) -> Int64? {
        if text.elementsEqual("Z".utf8) { return 0 }
        let text = Array(text)
        guard text.count == 6, text[3] == UInt8(ascii: ":"), let sign = [43: 1, 45: -1][Int(text[0])],
            let hours = Int64(String(decoding: text[1...2], as: UTF8.self)),
            let minutes = Int64(String(decoding: text[4...5], as: UTF8.self))
        else { return nil }
        return Int64(sign) * (hours * 3_600 + minutes * 60)
    }

    private static func padded(_ number: Int64, _ count: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }

    /// Days since 1970-01-01 of a date of the Gregorian calendar, counted in years that begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
    }
}
