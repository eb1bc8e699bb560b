// YAML as a tree with places: the only view of YAML that the readers have.

struct SettingsNode: Sendable {
    indirect enum Content: Sendable {
        /// `isPlain`: without quotes.
        case scalar(String, isPlain: Bool)
        case list([SettingsNode])
        /// Keys are unique.
        case mapping([SettingsPair])
    }

    let content: Content
    /// From 1.
    let line: Int
    let column: Int

    /// "a list", …: for messages.
    var kind: String {
        switch content {
        case .scalar: isNull ? "nothing" : "a single value"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// YAML 1.2's words for nothing, and nothing itself.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    var scalar: String? {
        if case .scalar(let text, _) = content, !isNull { return text }
        return nil
    }
}

struct SettingsPair: Sendable {
    let key: String
    let line: Int
    let column: Int
    let value: SettingsNode
}
