// HEALTHCHECK: a test with its times, or none at all.

package struct Healthcheck: Sendable, Equatable {
    /// `["NONE"]`, `["CMD", ...]` or `["CMD-SHELL", text]`, as in an image's config.
    package let test: [String]
    /// Nanoseconds; 0 means inherited.
    package internal(set) var interval: Int64 = 0
    package internal(set) var timeout: Int64 = 0
    package internal(set) var startPeriod: Int64 = 0
    package internal(set) var startInterval: Int64 = 0
    package internal(set) var retries = 0

    package var isDisabled: Bool { test == ["NONE"] }
}

/// Durations as Go writes them: `1h30m`, `1.5s`, `-2ms`, `0`.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("\u{B5}s", 1_000), ("\u{3BC}s", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Nanoseconds, or nil if the text is no duration or doesn't fit.
    static func nanoseconds(_ text: String) -> Int64? {
        var rest = text.unicodeScalars[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        if String(rest) == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total: UInt64 = 0
        while !rest.isEmpty {
            guard let part = part(&rest) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow, sum <= UInt64(Int64.max) else { return nil }
            total = sum
        }
        return isNegative ? -Int64(total) : Int64(total)
    }

    private static func part(_ rest: inout Substring.UnicodeScalarView) -> UInt64? {
        let isDigit = { (scalar: Unicode.Scalar) in ("0"..."9").contains(scalar) }
        let whole = rest.prefix(while: isDigit)
        rest = rest[whole.endIndex...]
        var fraction = rest.prefix(0)
        if rest.first == "." {
            rest = rest.dropFirst()
            fraction = rest.prefix(while: isDigit)
            rest = rest[fraction.endIndex...]
        }
        guard !(whole.isEmpty && fraction.isEmpty) else { return nil }
        let name = rest.prefix { !isDigit($0) && $0 != "." }
        rest = rest[name.endIndex...]
        // Compared as scalars: two of the units are letters that Unicode holds for compatible, not equal.
        guard let unit = units.first(where: { $0.name.unicodeScalars.elementsEqual(name) }) else { return nil }
        guard let value = whole.isEmpty ? 0 : UInt64(String(whole)) else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: unit.nanoseconds)
        let (numerator, scale) = fractionParts(fraction)
        let share = Double(numerator) * (Double(unit.nanoseconds) / scale)
        let (sum, carry) = product.addingReportingOverflow(UInt64(share))
        return overflow || carry ? nil : sum
    }

    /// As many digits as 63 bits hold, as in Go; the others are below any unit.
    private static func fractionParts(_ digits: Substring.UnicodeScalarView) -> (numerator: UInt64, scale: Double) {
        var numerator: UInt64 = 0
        var scale = 1.0
        for digit in digits {
            guard numerator <= UInt64(Int64.max) / 10 else { break }
            numerator = numerator * 10 + UInt64(digit.value - 0x30)
            scale *= 10
        }
        return (numerator, scale)
    }
}
