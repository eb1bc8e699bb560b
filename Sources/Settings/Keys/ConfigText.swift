// Config files with comments, written from the table of keys.

package struct ConfigText: Sendable {
    /// Columns of a comment.
    private static let columnsMax = 96

    private let table: KeyTable
    /// YAML of a key's value, by path; that of a list of mappings may have lines.
    private let values: [String: String]
    /// Keys without a value are shown too, as comments.
    private let isFull: Bool

    package init(_ table: KeyTable, values: [String: String], isFull: Bool = false) {
        self.table = table
        self.values = values
        self.isFull = isFull
    }

    /// - Parameter heading: sentences on top.
    package func text(heading: String) -> String {
        comment(heading, margin: "") + section("", margin: "")
    }

    private func section(_ section: String, margin: String) -> String {
        inner(section).map { key in
            let isTop = section.isEmpty
            let text = self.key(key, margin: margin)
            return isTop && !text.isEmpty ? "\n" + text : text
        }.joined()
    }

    private func key(_ key: DocumentedKey, margin: String) -> String {
        let heading = comment(key.text, margin: margin)
        if let value = values[key.path] {
            guard value.utf8.contains(UInt8(ascii: "\n")) else { return heading + "\(margin)\(key.name): \(value)\n" }
            let lines = value.split(separator: "\n").map { "\(margin)  \($0)\n" }.joined()
            return heading + elementComment(key, margin: margin) + "\(margin)\(key.name):\n" + lines
        }
        if isUsed(key.path) { return heading + "\(margin)\(key.name):\n" + section(key.path, margin: margin + "  ") }
        guard isFull else { return "" }
        return heading + sample(of: key).split(separator: "\n").map { "\(margin)# \($0)\n" }.joined()
    }

    /// What the keys of a list's elements mean, above the list.
    private func elementComment(_ key: DocumentedKey, margin: String) -> String {
        guard isFull else { return "" }
        return inner(key.path + "[]").map { comment("- \($0.name): \($0.text)", margin: margin) }.joined()
    }

    /// The key with its example, and all keys in it.
    private func sample(of key: DocumentedKey) -> String {
        let elements = inner(key.path + "[]")
        if !elements.isEmpty {
            let lines = elements.enumerated().map { place, element in
                comment(element.text, margin: "    ") + (place == 0 ? "  - " : "    ") + sample(of: element)
            }
            return "\(key.name):\n" + lines.joined()
        }
        let keys = inner(key.path)
        guard !keys.isEmpty else { return "\(key.name): \(key.example)\n" }
        let lines = keys.flatMap { inner in
            (comment(inner.text, margin: "") + sample(of: inner)).split(separator: "\n").map { "  \($0)\n" }
        }
        return "\(key.name):\n" + lines.joined()
    }

    private func inner(_ section: String) -> [DocumentedKey] { table.keys.filter { $0.section == section } }

    private func isUsed(_ path: String) -> Bool { values.keys.contains { $0.hasPrefix(path + ".") } }

    private func comment(_ text: String, margin: String) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            let width = Self.columnsMax - margin.utf8.count
            if let last = lines.last, last.utf8.count + word.utf8.count + 1 <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append("# " + word)
            }
        }
        return lines.map { "\(margin)\($0)\n" }.joined()
    }
}
