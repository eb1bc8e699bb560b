// Keeps a block at the bottom of a terminal: what to write to replace it, with lines scrolling above.

/// The cursor rests on the block's last row: with a line feed behind it, a block as high as the terminal would scroll.
struct Screen: Sendable {
    private(set) var columns: Int
    private var rowCount: Int
    private var drawn: [LiveBlock.Row] = []
    private var isCursorHidden = false

    init(columns: Int, rows: Int) {
        self.columns = max(1, columns)
        rowCount = max(0, rows)
    }

    /// The last column stays free: a terminal may wrap once something stands there.
    var rowColumnsMax: Int { columns - 1 }
    /// One row is left to the log.
    var rowsMax: Int { max(0, rowCount - 1) }

    mutating func resize(columns: Int, rows: Int) {
        self.columns = max(1, columns)
        rowCount = max(0, rows)
    }

    /// One chunk that scrolls `lines` by and leaves `rows` as the block; empty when nothing changes.
    mutating func update(lines: [String], rows: [LiveBlock.Row]) -> [UInt8] {
        guard !lines.isEmpty || rows != drawn else { return [] }
        var text = ""
        if !rows.isEmpty, !isCursorHidden {
            text += "\u{1B}[?25l"
            isCursorHidden = true
        }
        text += toTop
        // Lines may wrap over what stood there: it is erased first. Rows alone are overwritten, which can't flicker.
        if !lines.isEmpty || rows.isEmpty { text += drawn.isEmpty ? "" : "\u{1B}[J" }
        for line in lines { text += line + "\r\n" }
        text += rows.map { $0.text + "\u{1B}[K" }.joined(separator: "\r\n")
        if rows.count < drawn.count, !rows.isEmpty { text += "\u{1B}[J" }
        drawn = rows
        return Array(text.utf8)
    }

    mutating func showCursor() -> [UInt8] {
        defer { isCursorHidden = false }
        return isCursorHidden ? Array("\u{1B}[?25h".utf8) : []
    }

    /// From the block's last row to its first. After a terminal got narrower a row takes several of its rows.
    private var toTop: String {
        guard !drawn.isEmpty else { return "" }
        let count = drawn.reduce(0) { $0 + max(1, ($1.columns + columns - 1) / columns) } - 1
        return count > 0 ? "\r\u{1B}[\(count)A" : "\r"
    }
}
