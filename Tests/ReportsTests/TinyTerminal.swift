// A terminal that understands what a live view may write, and refuses everything else.
@testable import Reports

struct TinyTerminal {
    struct Unknown: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var columns: Int
    private(set) var rowCount: Int
    /// Rows that scrolled out at the top.
    private(set) var history: [String] = []
    private(set) var isCursorShown = true
    private var cells: [[String]]
    private var row = 0
    private var column = 0
    /// Rows that go on in the next one, because the text was wider than the terminal.
    private(set) var wrapCount = 0

    init(columns: Int, rows: Int) {
        self.columns = columns
        rowCount = rows
        cells = Array(repeating: [], count: rows)
    }

    /// What stands on the screen; empty rows at the end are left out.
    var screen: [String] {
        var rows = cells.map(Self.text)
        while rows.last == "" { rows.removeLast() }
        return rows
    }

    /// All that was ever written and not erased.
    var everything: [String] { history + screen }

    /// All rows down to the cursor's, empty ones too.
    var upToCursor: [String] { history + cells[...row].map(Self.text) }

    var isBlankBelow: Bool { cells[(row + 1)...].allSatisfy { Self.text($0).isEmpty } }

    private static func text(_ cells: [String]) -> String {
        var text = cells.joined()
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }

    mutating func write(_ bytes: [UInt8]) throws {
        var scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": lineFeed()
            case "\u{1B}": try sequence(&scalars)
            case _ where scalar.value < 0x20: throw Unknown(description: "control character \(scalar.value)")
            default: put(scalar)
            }
        }
    }

    private mutating func lineFeed() {
        guard row == rowCount - 1 else {
            row += 1
            return
        }
        history.append(Self.text(cells.removeFirst()))
        cells.append([])
    }

    private mutating func sequence(_ scalars: inout Substring.UnicodeScalarView) throws {
        guard scalars.popFirst() == "[" else { throw Unknown(description: "an escape without [") }
        var parameters = ""
        while let scalar = scalars.popFirst() {
            guard scalar.properties.isAlphabetic else {
                parameters.unicodeScalars.append(scalar)
                continue
            }
            return try perform(String(scalar), parameters)
        }
        throw Unknown(description: "a sequence without an end")
    }

    private mutating func perform(_ final: String, _ parameters: String) throws {
        switch (final, parameters) {
        case ("A", _): row = max(0, row - (Int(parameters) ?? 1))
        case ("K", ""): eraseLine()
        case ("J", ""):
            eraseLine()
            for below in (row + 1)..<max(row + 1, rowCount) { cells[below] = [] }
        case ("l", "?25"): isCursorShown = false
        case ("h", "?25"): isCursorShown = true
        case ("m", _): break
        default: throw Unknown(description: "ESC [ \(parameters) \(final)")
        }
    }

    private mutating func eraseLine() {
        if cells[row].count > column { cells[row].removeSubrange(column...) }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        let width = TextWidth.columns(scalar)
        if width == 0 {
            if column > 0, column <= cells[row].count { cells[row][column - 1].unicodeScalars.append(scalar) }
            return
        }
        if column + width > columns {
            wrapCount += 1
            column = 0
            lineFeed()
        }
        while cells[row].count < column + width { cells[row].append(" ") }
        cells[row][column] = String(scalar)
        if width == 2 { cells[row][column + 1] = "" }
        column += width
    }
}
