// How many columns a text takes on a terminal, and cutting or wrapping by columns.

/// Widths are estimates on the wide side: a row that is drawn too short is ugly, one that wraps breaks the screen.
enum TextWidth {
    private static let escape: Unicode.Scalar = "\u{1B}"
    /// Colour changes in force that are carried over a wrap; more are forgotten.
    private static let carriedColoursMax = 16

    /// Ranges of East Asian Width W and F (Unicode TR 11), coarsely.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F2FF, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]

    static func columns(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return value < 0x20 || (0x7F...0x9F).contains(value) || value == 0xAD ? 0 : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if (0x1160...0x11FF).contains(value) { return 0 }
        if value >= 0x2190, scalar.properties.isEmoji { return 2 }
        return wide.contains { $0.contains(value) } ? 2 : 1
    }

    /// Columns of `text`; colour sequences take none.
    static func columns(_ text: String) -> Int {
        var count = 0
        var isInSequence = false
        for scalar in text.unicodeScalars {
            if scalar == escape {
                isInSequence = true
            } else if isInSequence {
                isInSequence = scalar != "m"
            } else {
                count += columns(scalar)
            }
        }
        return count
    }

    /// `text`, which has no colours, on at most `limit` columns; an ellipsis stands for what was cut.
    static func shortened(_ text: String, to limit: Int) -> String {
        guard limit > 0 else { return "" }
        guard columns(text) > limit else { return text }
        var kept = String.UnicodeScalarView()
        var count = 1
        for scalar in text.unicodeScalars {
            count += columns(scalar)
            if count > limit { break }
            kept.append(scalar)
        }
        return String(kept) + "…"
    }

    /// `text` in rows of at most `limit` columns. A row ends without colours; the next one takes them up again.
    static func wrapped(_ text: String, at limit: Int) -> [String] {
        guard columns(text) > limit else { return [text] }
        var rows: [String] = []
        var row = String.UnicodeScalarView()
        var count = 0
        var colours: [String] = []
        var scalars = text.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if scalar == escape {
                let sequence = takeSequence(&scalars)
                row.append(contentsOf: sequence.unicodeScalars)
                colours = sequence == "\u{1B}[0m" || sequence == "\u{1B}[m" ? [] : colours + [sequence]
                if colours.count > carriedColoursMax { colours.removeFirst() }
                continue
            }
            let width = columns(scalar)
            if count + width > limit, count > 0 {
                rows.append(String(row) + (colours.isEmpty ? "" : "\u{1B}[0m"))
                row = String.UnicodeScalarView(colours.joined().unicodeScalars)
                count = 0
            }
            row.append(scalar)
            count += width
        }
        rows.append(String(row))
        return rows
    }

    private static func takeSequence(_ scalars: inout String.UnicodeScalarView.SubSequence) -> String {
        var sequence = String.UnicodeScalarView([escape])
        while let scalar = scalars.popFirst() {
            sequence.append(scalar)
            if scalar == "m" { break }
        }
        return String(sequence)
    }
}
