// Sets of characters for regular expressions: RE2's, which count ASCII only.

/// A set of scalars.
struct ScalarClass: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var negated = false
    var foldsCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var found = holds(scalar.value)
        if foldsCase, !found {
            let properties = scalar.properties
            for mapping in [properties.lowercaseMapping, properties.uppercaseMapping] where !found {
                let other = mapping.unicodeScalars
                found = other.count == 1 && holds(other.first?.value ?? 0)
            }
        }
        return found != negated
    }

    private func holds(_ value: UInt32) -> Bool {
        ranges.contains { $0.contains(value) }
    }

    /// The same set without negation.
    var positiveRanges: [ClosedRange<UInt32>] {
        guard negated else { return ranges }
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { result.append(next...0x10FFFF) }
        return result
    }

    static let digit = ScalarClass(ranges: [0x30...0x39])
    static let word = ScalarClass(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ScalarClass(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20])

    static let named: [String: [ClosedRange<UInt32>]] = [
        "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A], "ascii": [0...0x7F],
        "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0...0x1F, 0x7F...0x7F], "digit": [0x30...0x39],
        "graph": [0x21...0x7E], "lower": [0x61...0x7A], "print": [0x20...0x7E],
        "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E], "space": [0x09...0x0D, 0x20...0x20],
        "upper": [0x41...0x5A], "word": [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A],
        "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
    ]
}
