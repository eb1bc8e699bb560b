// Sizes, times and dates as werf prints them (werf.md 14).

package enum ReadableNumber {
    private static let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    /// `512 B`, `5.3 MiB`: binary units, one decimal.
    package static func bytes(_ count: Int64) -> String {
        let magnitude = count.magnitude
        let sign = count < 0 ? "-" : ""
        guard magnitude >= 1024 else { return "\(sign)\(magnitude) B" }
        var divisor: UInt64 = 1024
        var unit = 0
        while magnitude / divisor >= 1024, unit + 1 < units.count {
            divisor *= 1024
            unit += 1
        }
        let tenths = magnitude / divisor * 10 + ((magnitude % divisor) * 10 + divisor / 2) / divisor
        return "\(sign)\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// `12.34`; a time before the start counts as the start.
    package static func seconds(_ duration: Duration) -> String {
        let hundredths = ticks(duration, attosecondsPerTick: 10_000_000_000_000_000)
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    /// `12.3`, for what is redrawn many times a second.
    static func tenths(_ duration: Duration) -> String {
        let tenths = ticks(duration, attosecondsPerTick: 100_000_000_000_000_000)
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func ticks(_ duration: Duration, attosecondsPerTick: Int64) -> Int64 {
        let (seconds, attoseconds) = max(duration, .zero).components
        let ticksPerSecond = 1_000_000_000_000_000_000 / attosecondsPerTick
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: ticksPerSecond)
        return overflow ? Int64.max / 2 : whole + (attoseconds + attosecondsPerTick / 2) / attosecondsPerTick
    }

    /// `2026-01-02 03:04:05.25 +0000 UTC` of unix nanoseconds, as Go prints a time: no fraction when it is zero.
    package static func date(unixNanoseconds: Int64) -> String {
        let (second, nanosecond) = floored(unixNanoseconds, 1_000_000_000)
        let (day, secondOfDay) = floored(second, 86_400)
        let date = civilDate(unixDay: day)
        var text = "\(date.year)-\(padded(date.month, 2))-\(padded(date.day, 2)) "
        text += "\(padded(secondOfDay / 3600, 2)):\(padded(secondOfDay / 60 % 60, 2)):\(padded(secondOfDay % 60, 2))"
        if nanosecond > 0 {
            var fraction = Substring(padded(nanosecond, 9))
            while fraction.hasSuffix("0") { fraction.removeLast() }
            text += "." + fraction
        }
        return text + " +0000 UTC"
    }

    /// The Gregorian date of a day counted from 1970-01-01. Years begin in March here, so that a leap day is a
    /// year's last day; 400 such years have 146,097 days.
    private static func civilDate(unixDay: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let daysFromMarchOfYear0: Int64 = 719_468
        let (era, dayOfEra) = floored(unixDay + daysFromMarchOfYear0, 146_097)
        let leapDaysBefore = dayOfEra / 1_460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDaysBefore) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ value: Int64, _ digits: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
