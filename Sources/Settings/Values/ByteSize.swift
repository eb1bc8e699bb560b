// Sizes with units: `20GiB`.

package struct ByteSize: Hashable, Sendable, CustomStringConvertible {
    package let bytes: Int

    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1),
    ]

    package init(bytes: Int) { self.bytes = bytes }

    /// Nil for what has no unit, no whole number before it, or does not fit 63 bits.
    package init?(_ text: String) {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let name = text.utf8.dropFirst(digits.count).drop { $0 == UInt8(ascii: " ") }
        guard let number = Int(Substring(digits)),
            let unit = Self.units.first(where: { $0.name == String(Substring(name)) })
        else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    /// In the greatest binary unit that leaves no rest.
    package var description: String {
        let unit = Self.units.prefix(4).first { bytes > 0 && bytes % $0.bytes == 0 } ?? ("B", 1)
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
