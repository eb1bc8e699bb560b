// Durations with units: `30s`.

package struct TimeSpan: Hashable, Sendable, CustomStringConvertible {
    package let duration: Duration

    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    package init(_ duration: Duration) { self.duration = duration }

    /// Nil for what has no unit, no whole number before it, or is longer than a hundred years.
    package init?(_ text: String) {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let name = String(Substring(text.utf8.dropFirst(digits.count).drop { $0 == UInt8(ascii: " ") }))
        guard let number = Int(Substring(digits)), let unit = Self.units.first(where: { $0.name == name }) else {
            return nil
        }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
        guard !overflow, milliseconds <= 36_525 * 86_400_000 else { return nil }
        duration = .milliseconds(milliseconds)
    }

    /// In the greatest unit that leaves no rest.
    package var description: String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
        guard milliseconds > 0 else { return "0s" }
        let unit = Self.units.first { milliseconds % $0.milliseconds == 0 } ?? ("ms", 1)
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}
