// The kinds of values that keys have: words, names, numbers, sizes, durations, files, addresses.

extension SectionReader {
    func required<Value>(_ key: String, _ value: Value?) throws(SettingsError) -> Value {
        guard let value else { throw missing(key) }
        return value
    }

    func bool(_ key: String) throws(SettingsError) -> Bool? {
        guard let (text, node) = try scalar(key) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: throw refuse(key, node, "is `\(SettingsText.shown(text))`.", "Write true or false.")
        }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(SettingsError) -> Int? {
        guard let (text, node) = try scalar(key) else { return nil }
        guard let number = Int(text) else {
            throw refuse(key, node, "is `\(SettingsText.shown(text))`.", "Write a whole number.")
        }
        guard range.contains(number) else {
            throw refuse(
                key, node, "is \(number).", "Choose a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// Bytes.
    func size(_ key: String, in range: ClosedRange<Int>) throws(SettingsError) -> Int? {
        guard let (text, node) = try scalar(key) else { return nil }
        guard let size = ByteSize(text) else {
            throw refuse(
                key, node, "is `\(SettingsText.shown(text))`, which is no size.",
                "Write a number and a unit, as in `20GiB`; units are B, KiB, MiB, GiB, TiB.")
        }
        guard range.contains(size.bytes) else {
            let (least, most) = (ByteSize(bytes: range.lowerBound), ByteSize(bytes: range.upperBound))
            throw refuse(key, node, "is \(size).", "Choose a size from \(least) to \(most).")
        }
        return size.bytes
    }

    func span(_ key: String, in range: ClosedRange<Duration>) throws(SettingsError) -> Duration? {
        guard let (text, node) = try scalar(key) else { return nil }
        guard let span = TimeSpan(text) else {
            throw refuse(
                key, node, "is `\(SettingsText.shown(text))`, which is no duration.",
                "Write a number and a unit, as in `30s`; units are ms, s, m, h, d.")
        }
        guard range.contains(span.duration) else {
            let (least, most) = (TimeSpan(range.lowerBound), TimeSpan(range.upperBound))
            throw refuse(key, node, "is \(span).", "Choose a duration from \(least) to \(most).")
        }
        return span.duration
    }

    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, _ kind: Word.Type
    ) throws(SettingsError) -> Word? where Word.RawValue == String {
        guard let (text, node) = try scalar(key) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw refuse(key, node, "is `\(SettingsText.shown(text))`.", "Choose one of \(words).")
        }
        return word
    }

    func name(_ key: String) throws(SettingsError) -> String? {
        guard let (text, node) = try scalar(key) else { return nil }
        return try name(text, key, node)
    }

    func names(_ key: String) throws(SettingsError) -> [String]? {
        guard let items = try list(key) else { return nil }
        var names: [String] = []
        for item in items { names.append(try name(try text(of: item, key), key, item)) }
        return names
    }

    private func name(_ text: String, _ key: String, _ node: SettingsNode) throws(SettingsError) -> String {
        guard let why = SettingsName.problem(text) else { return text }
        throw refuse(
            key, node, "is `\(SettingsText.shown(text))`: \(why).",
            "A name has 1 to \(SettingsName.bytesMax) of a-z, 0-9, dots and dashes.")
    }

    /// A file that must exist, as an absolute path.
    func file(_ key: String) throws(SettingsError) -> String? {
        guard let (path, node) = try folder(key) else { return nil }
        guard source.exists(path) else {
            throw refuse(
                key, node, "names \(SettingsText.shown(path)), which can't be opened.",
                "Relative paths begin at the folder of \(source.file).")
        }
        return path
    }

    /// A path that need not exist.
    func folder(_ key: String) throws(SettingsError) -> (path: String, node: SettingsNode)? {
        guard let (text, node) = try scalar(key) else { return nil }
        guard !text.isEmpty else { throw refuse(key, node, "is empty.", "Write a path.") }
        return (source.absolute(text), node)
    }

    func endpoint(_ key: String) throws(SettingsError) -> Endpoint? {
        guard let (text, node) = try scalar(key) else { return nil }
        return try endpoint(text, key, node)
    }

    func endpoints(_ key: String) throws(SettingsError) -> [Endpoint]? {
        guard let items = try list(key) else { return nil }
        var endpoints: [Endpoint] = []
        for item in items { endpoints.append(try endpoint(try text(of: item, key), key, item)) }
        return endpoints
    }

    private func endpoint(_ text: String, _ key: String, _ node: SettingsNode) throws(SettingsError) -> Endpoint {
        guard let endpoint = Endpoint(text) else {
            throw refuse(
                key, node, "is `\(SettingsText.shown(text))`, which is no HOST:PORT.",
                "Write it as in `10.0.0.1:5090`, `[fd00::1]:5090` or `a.example.com:5090`.")
        }
        return endpoint
    }

    func patterns(_ key: String) throws(SettingsError) -> [RepoPattern]? {
        guard let items = try list(key) else { return nil }
        var patterns: [RepoPattern] = []
        for item in items {
            let text = try text(of: item, key)
            guard let pattern = RepoPattern(text) else {
                throw refuse(
                    key, item, "has `\(SettingsText.shown(text))`, which is no pattern of repos.",
                    "Write it as in `shop/api`, `shop/*` (one level) or `shop/**` (all below).")
            }
            patterns.append(pattern)
        }
        return patterns
    }
}
