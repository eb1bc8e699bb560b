// Text → tree, through Yams. Bounded; without anchors, by which a small text could expand without end.
import Yams

struct SettingsText {
    /// Bytes of a config file.
    static let bytesMax = 256 << 10
    /// Levels of lists and mappings.
    static let depthMax = 16
    /// Characters of a stranger's text in a message.
    static let shownMax = 60

    let file: String

    func tree(_ text: String) throws(SettingsError) -> SettingsNode {
        guard text.utf8.count <= Self.bytesMax else {
            throw error(1, 1, "the file is longer than \(Self.bytesMax) bytes.", "Is it the right file?")
        }
        try checkAliases(text)
        let root: Node?
        do {
            // The parser itself ends at 1,000 levels.
            // No resolver: what a value means is decided by the key it belongs to.
            root = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch { throw describe(error) }
        guard let root else { throw self.error(1, 1, "the file holds nothing.", "See cluster-config for examples.") }
        return try convert(root, depth: 1)
    }

    private func convert(_ node: Node, depth: Int) throws(SettingsError) -> SettingsNode {
        let (line, column) = (node.mark?.line ?? 1, node.mark?.column ?? 1)
        guard depth <= Self.depthMax else { throw tooDeep(line, column) }
        switch node {
        case .scalar(let scalar):
            return SettingsNode(
                content: .scalar(scalar.string, isPlain: scalar.style == .plain), line: line, column: column)
        case .sequence(let sequence):
            var items: [SettingsNode] = []
            for item in sequence { items.append(try convert(item, depth: depth + 1)) }
            return SettingsNode(content: .list(items), line: line, column: column)
        case .mapping(let mapping):
            var pairs: [SettingsPair] = []
            for (key, value) in mapping { pairs.append(try pair(key, value, depth: depth)) }
            return SettingsNode(content: .mapping(pairs), line: line, column: column)
        case .alias: throw alias(line, column)
        }
    }

    private func pair(_ key: Node, _ value: Node, depth: Int) throws(SettingsError) -> SettingsPair {
        let (line, column) = (key.mark?.line ?? 1, key.mark?.column ?? 1)
        guard case .scalar(let name) = key else {
            throw error(line, column, "a key is a list or a mapping.", "Write it as `key: value`.")
        }
        return SettingsPair(
            key: name.string, line: line, column: column, value: try convert(value, depth: depth + 1))
    }

    /// Before the parser runs, which would follow them. An alias without an anchor is the parser's to refuse.
    private func checkAliases(_ text: String) throws(SettingsError) {
        var names: Set<Substring> = []
        var line = 1
        var previous = UInt8(ascii: " ")
        let bytes = text.utf8
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = bytes.index(after: index)
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*"), " \t\r\n[{,:-?".utf8.contains(previous) {
                let name = Substring(bytes[next...].prefix { !" \t\r\n,[]{}:".utf8.contains($0) })
                if byte == UInt8(ascii: "&"), !name.isEmpty { names.insert(name) }
                if byte == UInt8(ascii: "*"), names.contains(name) { throw alias(line, 1) }
            }
            previous = byte
            index = next
        }
    }

    // MARK: Errors

    private func tooDeep(_ line: Int, _ column: Int) -> SettingsError {
        error(line, column, "lists and mappings are nested deeper than \(Self.depthMax) levels.", nil)
    }

    private func alias(_ line: Int, _ column: Int) -> SettingsError {
        error(line, column, "anchors and aliases (`&a`, `*a`) are not read here.", "Write the value out.")
    }

    private func describe(_ problem: any Error) -> SettingsError {
        let hint = "Colons and dashes are followed by a space; a value with special characters goes in quotes."
        switch problem as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            if problem.contains("nesting level") { return tooDeep(mark.line, mark.column) }
            let detail =
                context.map { "\($0.text.split(separator: " ").joined(separator: " ")), \(problem)" } ?? problem
            return error(max(mark.line, 1), max(mark.column, 1), "this is not YAML: \(detail).", hint)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let key = duplicates.map { "`\($0)`" }.sorted().joined(separator: ", ")
            return error(
                context.mark.line, context.mark.column, "the key \(key) is set twice.", "Keep one of the two.")
        case .reader(let problem, _, _, _): return error(1, 1, "this is not YAML: \(problem).", hint)
        default: return error(1, 1, "this file can't be read as YAML.", hint)
        }
    }

    func error(_ line: Int, _ column: Int, _ problem: String, _ hint: String?) -> SettingsError {
        SettingsError(file: file, line: line, column: column, problem: problem, hint: hint)
    }

    /// A text of the file in a message: short, and nothing that a terminal obeys.
    static func shown(_ text: String) -> String {
        let safe = text.unicodeScalars.prefix(shownMax).map { scalar -> Unicode.Scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "?" : scalar
        }
        let cut = text.unicodeScalars.count > shownMax ? "…" : ""
        return String(String.UnicodeScalarView(safe)) + cut
    }
}
