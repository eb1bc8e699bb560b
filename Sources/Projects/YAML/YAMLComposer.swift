// Text → tree, through Yams; bounded, because anchors can make a small text expand without end.
import Yams

struct YAMLComposer {
    /// Levels of lists and mappings.
    static let maximumDepth = 64
    /// Nodes of one document, aliases counted each time they are used.
    static let maximumNodes = 200_000
    /// Bytes of one text.
    static let maximumBytes = 4 << 20

    let source: ConfigSource
    /// Lines before the text that is parsed.
    let firstLine: Int
    private var nodes = 0

    init(source: ConfigSource, firstLine: Int = 1) {
        self.source = source
        self.firstLine = firstLine
    }

    /// The tree of one document; nil when it holds nothing but blanks and comments.
    static func compose(_ text: String, source: ConfigSource, firstLine: Int = 1) throws(ConfigError) -> YAMLNode? {
        var composer = YAMLComposer(source: source, firstLine: firstLine)
        return try composer.compose(text)
    }

    private mutating func compose(_ text: String) throws(ConfigError) -> YAMLNode? {
        guard text.utf8.count <= Self.maximumBytes else {
            throw source.error(firstLine, "the YAML text is longer than \(Self.maximumBytes) bytes.")
        }
        try checkAliases(of: text)
        let root: Node?
        do {
            // No resolver: what a scalar means is decided here, as yaml.v2 does.
            // Nor the default encoding: it looks through the environment for every document.
            root = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch {
            throw describe(error)
        }
        guard let root else { return nil }
        return try convert(root, depth: 1)
    }

    // MARK: Conversion

    private mutating func convert(_ node: Node, depth: Int) throws(ConfigError) -> YAMLNode {
        let line = firstLine - 1 + (node.mark?.line ?? 1)
        let column = node.mark?.column ?? 1
        nodes += 1
        guard nodes <= Self.maximumNodes else {
            throw source.error(line, column, "the document expands to more than \(Self.maximumNodes) values.")
        }
        guard depth <= Self.maximumDepth else {
            throw source.error(line, column, "lists and mappings are nested deeper than \(Self.maximumDepth) levels.")
        }
        switch node {
        case .scalar(let scalar):
            let value = YAMLScalar(text: scalar.string, plain: scalar.style == .plain, tag: scalar.tag.rawValue)
            return YAMLNode(content: .scalar(value), line: line, column: column)
        case .sequence(let sequence):
            var items: [YAMLNode] = []
            for item in sequence { items.append(try convert(item, depth: depth + 1)) }
            return YAMLNode(content: .sequence(items), line: line, column: column)
        case .mapping(let mapping):
            let pairs = try convert(mapping, line: line, column: column, depth: depth)
            return YAMLNode(content: .mapping(pairs), line: line, column: column)
        case .alias:
            throw source.error(line, column, "an alias without its anchor.")
        }
    }

    private mutating func convert(
        _ mapping: Node.Mapping, line: Int, column: Int, depth: Int
    ) throws(ConfigError) -> [YAMLPair] {
        var pairs: [YAMLPair] = []
        var merged: [YAMLPair] = []
        var seen: Set<String> = []
        for (key, value) in mapping {
            let place = (line: firstLine - 1 + (key.mark?.line ?? 1), column: key.mark?.column ?? 1)
            guard case .scalar(let scalar) = key else {
                throw source.error(place.line, place.column, "a key must be a scalar, not a list or a mapping.")
            }
            let converted = try convert(value, depth: depth + 1)
            if scalar.string == "<<", scalar.style == .plain {
                merged += try mergedPairs(of: converted)
                continue
            }
            guard seen.insert(scalar.string).inserted else {
                throw source.error(place.line, place.column, "the key `\(scalar.string)` is set twice.")
            }
            pairs.append(
                YAMLPair(key: scalar.string, keyLine: place.line, keyColumn: place.column, value: converted))
        }
        for pair in merged where seen.insert(pair.key).inserted { pairs.append(pair) }
        return pairs
    }

    private mutating func mergedPairs(of node: YAMLNode) throws(ConfigError) -> [YAMLPair] {
        var merged: [YAMLPair] = []
        switch node.content {
        case .mapping(let pairs): merged = pairs
        case .sequence(let items):
            for item in items {
                guard let pairs = item.pairs else {
                    throw source.error(node, "`<<` merges mappings only, and this list holds \(item.kind).")
                }
                merged += pairs
            }
        case .scalar: throw source.error(node, "`<<` merges mappings only, and this is \(node.kind).")
        }
        nodes += merged.count
        return merged
    }

    // MARK: Errors

    private func describe(_ error: any Error) -> ConfigError {
        guard let error = error as? YamlError else { return source.error(firstLine, "\(error)") }
        func at(_ mark: Mark, _ problem: String) -> ConfigError {
            source.error(firstLine - 1 + mark.line, mark.column, "this is not YAML: \(problem).")
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return at(mark, context.map { "\($0.text.trimmed), \(problem)" } ?? problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "`\($0)`" }.joined(separator: ", ")
            let line = firstLine - 1 + context.mark.line
            let problem = duplicates.count == 1 ? "the key \(keys) is set twice." : "the keys \(keys) are set twice."
            return source.error(line, context.mark.column, problem)
        case .reader(let problem, let offset, _, let yaml):
            let before = offset.map { yaml.prefix($0) } ?? yaml[...]
            let line =
                offset == nil ? 1 : before.reduce(into: 1) { count, character in count += character.isNewline ? 1 : 0 }
            return source.error(firstLine - 1 + line, "this is not YAML: \(problem).")
        default:
            return source.error(firstLine, "this text can't be read as YAML: it is nested too deeply or too large.")
        }
    }
}

extension String {
    var trimmed: String {
        let isBlank = { (character: Character) in character.isWhitespace }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
