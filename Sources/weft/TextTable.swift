// Rows of words as columns for people.

enum TextTable {
    /// Every column as wide as its widest word.
    static func lines(_ rows: [[String]]) -> [String] {
        let widths = rows.reduce(into: [Int]()) { widths, row in
            for (column, word) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], word.count)
            }
        }
        return rows.map { row in
            let padded = zip(row, widths).map { $0.padding(to: $1) }.joined(separator: "  ")
            return String(padded.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
