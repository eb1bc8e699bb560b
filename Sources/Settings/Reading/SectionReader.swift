// Takes the keys of one mapping by name and type; a key that is not in the table is an error.

struct SectionReader {
    let source: SettingsSource
    let node: SettingsNode
    /// "" at the top, `registry.upstreams[]` deep in.
    let path: String
    private let table: KeyTable
    private let pairs: [SettingsPair]

    init(_ node: SettingsNode, path: String, table: KeyTable, source: SettingsSource) throws(SettingsError) {
        self.source = source
        self.node = node
        self.path = path
        self.table = table
        switch node.content {
        case .mapping(let pairs): self.pairs = pairs
        default:
            guard node.isNull else {
                throw source.error(
                    node, "\(Self.called(path)) must be a mapping, not \(node.kind).",
                    "Its keys are \(table.keys(in: path).joined(separator: ", ")).")
            }
            pairs = []
        }
        let known = table.keys(in: path)
        for pair in pairs where !known.contains(pair.key) {
            throw SettingsError(
                file: source.file, line: pair.line, column: pair.column,
                problem: "unknown key `\(SettingsText.shown(pair.key))` in \(Self.called(path)).",
                hint: "Known keys are \(known.joined(separator: ", ")).")
        }
    }

    /// Another section of the same file.
    init(_ node: SettingsNode, path: String, source: SettingsSource, of file: SectionReader) throws(SettingsError) {
        try self.init(node, path: path, table: file.table, source: source)
    }

    /// The value, unless it is absent or null.
    func value(_ key: String) -> SettingsNode? {
        guard let value = pairs.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    func section(_ key: String) throws(SettingsError) -> SectionReader? {
        guard let value = value(key) else { return nil }
        return try SectionReader(value, path: inner(key), table: table, source: source)
    }

    /// A list of mappings.
    func sections(_ key: String) throws(SettingsError) -> [SectionReader]? {
        guard let items = try list(key) else { return nil }
        var sections: [SectionReader] = []
        for item in items {
            sections.append(try SectionReader(item, path: inner(key) + "[]", table: table, source: source))
        }
        return sections
    }

    func list(_ key: String) throws(SettingsError) -> [SettingsNode]? {
        guard let value = value(key) else { return nil }
        guard case .list(let items) = value.content else {
            throw wrong(key, value, "a list", "Write each element on a line of its own, after a dash.")
        }
        guard items.count <= KeyTable.itemsMax else {
            throw source.error(value, "`\(key)` has more than \(KeyTable.itemsMax) elements.")
        }
        return items
    }

    /// One value and its place.
    func scalar(_ key: String) throws(SettingsError) -> (text: String, node: SettingsNode)? {
        guard let value = value(key) else { return nil }
        return (try text(of: value, key), value)
    }

    func text(of value: SettingsNode, _ key: String) throws(SettingsError) -> String {
        guard let text = value.scalar else { throw wrong(key, value, "a single value", nil) }
        guard !text.utf8.contains(0) else { throw source.error(value, "`\(key)` has a zero byte in it.") }
        return text
    }

    func missing(_ key: String) -> SettingsError {
        let example = table.example(inner(key)).map { "Write, for example, `\(key): \($0)`." }
        return source.error(node, "\(Self.called(path)) needs `\(key)`.", example)
    }

    func wrong(_ key: String, _ value: SettingsNode, _ expected: String, _ hint: String?) -> SettingsError {
        source.error(value, "\(called(key)) must be \(expected), not \(value.kind).", hint)
    }

    /// The value of `key` is no good: `why` goes on from "`key` in `section`".
    func refuse(_ key: String, _ value: SettingsNode, _ why: String, _ hint: String?) -> SettingsError {
        source.error(value, "\(called(key)) \(why)", hint)
    }

    /// `slots` in `capacity`
    private func called(_ key: String) -> String { path.isEmpty ? "`\(key)`" : "`\(key)` in \(Self.called(path))" }

    func inner(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

    static func called(_ path: String) -> String {
        if path.isEmpty { return "the file" }
        guard path.hasSuffix("[]") else { return "`\(path)`" }
        return "an element of `\(path.dropLast(2))`"
    }
}
