// Takes the fields of one YAML mapping by name and type; whatever is not taken by name is an error.
import Templates

/// yaml.v2's rules of decoding: a null leaves a field absent, a string field takes any scalar's text, a boolean field
/// takes YAML 1.1's words.
struct FieldReader {
    let source: ConfigSource
    let node: YAMLNode
    /// "the image section", "a secret": for messages.
    let section: String
    private let pairs: [YAMLPair]

    /// Fails when the node is not a mapping; a null is an empty one.
    init(_ node: YAMLNode, in source: ConfigSource, section: String) throws(ConfigError) {
        self.source = source
        self.node = node
        self.section = section
        guard let pairs = node.pairs ?? (node.isNull ? [] : nil) else {
            throw source.error(node, "\(section) must be a mapping, not \(node.kind).")
        }
        self.pairs = pairs
    }

    func has(_ key: String) -> Bool {
        pairs.contains { $0.key == key }
    }

    /// The field's value, unless it is absent or null.
    func node(_ key: String) -> YAMLNode? {
        guard let value = pairs.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    func pair(_ key: String) -> YAMLPair? {
        pairs.first { $0.key == key }
    }

    func string(_ key: String) throws(ConfigError) -> String? {
        guard let value = node(key) else { return nil }
        guard let scalar = value.scalar else { throw wrongType(key, value, "a string") }
        return scalar.text
    }

    func bool(_ key: String) throws(ConfigError) -> Bool? {
        guard let value = node(key) else { return nil }
        guard case .bool(let bool) = value.scalar?.resolved else { throw wrongType(key, value, "true or false") }
        return bool
    }

    func int(_ key: String) throws(ConfigError) -> Int? {
        guard let value = node(key) else { return nil }
        guard case .int(let int) = value.scalar?.resolved else { throw wrongType(key, value, "a whole number") }
        return int
    }

    func list(_ key: String) throws(ConfigError) -> [YAMLNode]? {
        guard let value = node(key) else { return nil }
        guard case .sequence(let items) = value.content else { throw wrongType(key, value, "a list") }
        return items
    }

    func strings(_ key: String) throws(ConfigError) -> [String]? {
        guard let items = try list(key) else { return nil }
        var strings: [String] = []
        for item in items {
            guard let scalar = item.scalar else {
                throw source.error(item, "`\(key)` must be a list of strings, and one element is \(item.kind).")
            }
            strings.append(scalar.text)
        }
        return strings
    }

    /// A string or a list of strings; numbers and booleans are refused here, as werf does.
    func stringOrStrings(_ key: String) throws(ConfigError) -> [(text: String, node: YAMLNode)]? {
        guard let value = node(key) else { return nil }
        let items: [YAMLNode] = if case .sequence(let items) = value.content { items } else { [value] }
        var strings: [(String, YAMLNode)] = []
        for item in items {
            guard let scalar = item.scalar, case .string = scalar.resolved else {
                throw source.error(
                    item, "`\(key)` must be a string or a list of strings, not \(item.kind).",
                    hint: item.scalar == nil ? nil : "Put quotes around it.")
            }
            strings.append((scalar.text, item))
        }
        return strings
    }

    func fields(_ key: String) throws(ConfigError) -> FieldReader? {
        guard let value = node(key) else { return nil }
        return try FieldReader(value, in: source, section: "`\(key)`")
    }

    /// Every key must be in `known`; the first that is not is the error.
    func allow(_ known: [String]) throws(ConfigError) {
        for pair in pairs where !known.contains(pair.key) {
            let hint =
                nearestName(to: pair.key, among: known).map { "Did you mean `\($0)`?" }
                ?? "Known keys are: \(known.sorted().joined(separator: ", "))."
            throw source.error(pair.keyLine, pair.keyColumn, "unknown key `\(pair.key)` in \(section).", hint: hint)
        }
    }

    /// Keys that werf has and this version does not: refused by name, never passed over.
    func refuse(_ unsupported: [String: String]) throws(ConfigError) {
        for pair in pairs {
            guard let what = unsupported[pair.key] else { continue }
            throw source.error(
                pair.keyLine, pair.keyColumn,
                "`\(pair.key)` in \(section): \(what) not supported by this version of weft.")
        }
    }

    func error(_ key: String, _ problem: String, hint: String? = nil) -> ConfigError {
        guard let pair = pair(key) else { return source.error(node, problem, hint: hint) }
        return source.error(pair.value, problem, hint: hint)
    }

    private func wrongType(_ key: String, _ value: YAMLNode, _ expected: String) -> ConfigError {
        source.error(value, "`\(key)` in \(section) must be \(expected), not \(value.kind).")
    }
}
