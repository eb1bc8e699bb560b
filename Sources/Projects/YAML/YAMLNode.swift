// A YAML document as a tree with places: the only view that the rest of the module has of YAML.

struct YAMLNode: Sendable {
    indirect enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// Keys are unique; merge keys (`<<`) are already resolved.
        case mapping([YAMLPair])
    }

    let content: Content
    /// From 1, in the text that was read (not in the document).
    let line: Int
    let column: Int

    /// "a string", "a list", … for messages.
    var kind: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar(let scalar): scalar.resolved.kind
        }
    }

    var isNull: Bool {
        if case .scalar(let scalar) = content, case .null = scalar.resolved { return true }
        return false
    }

    var pairs: [YAMLPair]? {
        if case .mapping(let pairs) = content { return pairs }
        return nil
    }

    var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { return scalar }
        return nil
    }

    func value(of key: String) -> YAMLNode? {
        pairs?.first { $0.key == key }?.value
    }
}

struct YAMLPair: Sendable {
    let key: String
    let keyLine: Int
    let keyColumn: Int
    let value: YAMLNode
}
