// `allowEnvVariables`: names, and regular expressions between slashes.
import Templates

struct NameRules: Sendable {
    private enum Rule: Sendable {
        case name(String)
        case expression(RegularExpression)
    }

    private var rules: [Rule] = []

    init() {}

    init(_ fields: FieldReader, key: String) throws(ConfigError) {
        for item in try fields.list(key) ?? [] {
            guard let text = item.scalar?.text else {
                throw fields.source.error(item, "`\(key)` must be a list of strings, and one element is \(item.kind).")
            }
            guard text.hasPrefix("/"), text.hasSuffix("/"), text.utf8.count > 1 else {
                rules.append(.name(text))
                continue
            }
            do {
                rules.append(.expression(try RegularExpression("^\(text.dropFirst().dropLast())$")))
            } catch {
                throw fields.source.error(item, "`\(text)` is not a regular expression: \(error)")
            }
        }
    }

    func match(_ name: String) -> Bool {
        rules.contains { rule in
            switch rule {
            case .name(let allowed): allowed == name
            case .expression(let expression): expression.hasMatch(in: name)
            }
        }
    }
}
