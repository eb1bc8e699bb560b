// Durations as Go prints them, because werf hashes that text: `1m30s`, `1.5s`, `0s`.

enum GoDurationText {
    /// `nanoseconds` in the form of Go's time.Duration.String.
    static func text(_ nanoseconds: Int64) -> String {
        guard nanoseconds != 0 else { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let value = nanoseconds.magnitude
        let second: UInt64 = 1_000_000_000
        if value < second {
            let units: [(String, UInt64)] = [("ms", 1_000_000), ("µs", 1_000), ("ns", 1)]
            let (name, size) = units.first { value >= $0.1 } ?? ("ns", 1)
            return sign + decimal(value, size) + name
        }
        let hours = value / (3_600 * second)
        let minutes = value / (60 * second) % 60
        let seconds = decimal(value % (60 * second), second) + "s"
        if hours > 0 { return "\(sign)\(hours)h\(minutes)m\(seconds)" }
        return minutes > 0 ? "\(sign)\(minutes)m\(seconds)" : sign + seconds
    }

    /// `value / size` with as many decimals as it has.
    private static func decimal(_ value: UInt64, _ size: UInt64) -> String {
        let whole = String(value / size)
        var rest = value % size
        guard rest > 0 else { return whole }
        var digits = ""
        var unit = size / 10
        while rest > 0, unit > 0 {
            digits += String(rest / unit)
            rest %= unit
            unit /= 10
        }
        return whole + "." + digits
    }
}
