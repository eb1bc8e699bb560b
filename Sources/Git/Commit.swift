// A commit as far as builds need it: its tree, its parents, and when it was written.
package import FileTrees

package struct Commit: Sendable, Equatable {
    package let id: ObjectID
    package let tree: ObjectID
    package let parents: [ObjectID]
    /// The author's time, which is the one that werf shows.
    package let time: CommitTime

    /// Nil when `bytes` are no commit object.
    init?(id: ObjectID, bytes: [UInt8]) {
        var tree: ObjectID?
        var parents: [ObjectID] = []
        var time: CommitTime?
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.isEmpty { break }
            if line.starts(with: "tree ".utf8) { tree = ObjectID(hex: line.dropFirst(5)) }
            if line.starts(with: "parent ".utf8), let parent = ObjectID(hex: line.dropFirst(7)) {
                parents.append(parent)
            }
            if line.starts(with: "author ".utf8) { time = CommitTime(authorLine: line) }
        }
        guard let tree, let time else { return nil }
        (self.id, self.tree, self.parents, self.time) = (id, tree, parents, time)
    }
}

/// A moment and the offset from UTC at which it was written down.
package struct CommitTime: Sendable, Equatable {
    /// Unix time in seconds.
    package let seconds: Int64
    package let offsetMinutes: Int

    package init(seconds: Int64, offsetMinutes: Int) {
        self.seconds = seconds
        self.offsetMinutes = offsetMinutes
    }

    /// `author NAME <MAIL> SECONDS +HHMM`; the name may hold anything.
    init?(authorLine line: ArraySlice<UInt8>) {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count >= 3, let seconds = Int64(words[words.count - 2]),
            let zone = words.last, zone.utf8.count == 5, let value = Int(zone)
        else { return nil }
        self.init(seconds: seconds, offsetMinutes: value / 100 * 60 + value % 100)
    }

    /// As Go prints a time in an unnamed zone: `2025-04-02 15:15:45 +0100 +0100`.
    package var human: String {
        let (local, overflow) = seconds.addingReportingOverflow(Int64(offsetMinutes) * 60)
        let (days, second) = Self.floorDivision(overflow ? seconds : local, 86_400)
        let (year, month, day) = Self.date(daysSince1970: days)
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        let minutes = abs(offsetMinutes)
        let zone =
            (offsetMinutes < 0 ? "-" : "+") + Self.padded(Int64(minutes / 60), 2) + Self.padded(Int64(minutes % 60), 2)
        let date = [Self.padded(year, 4), Self.padded(month, 2), Self.padded(day, 2)].joined(separator: "-")
        return "\(date) \(clock) \(zone) \(zone)"
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func floorDivision(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// The proleptic Gregorian date, by counting in eras of 400 years that begin on 1 March.
    private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivision(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
