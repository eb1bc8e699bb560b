// The table of modules in Package.swift, read as text: what each may import.
import Foundation

/// A module or test target, with the modules that it may import.
struct ModuleRow {
    let name: String
    let uses: Set<String>
    let isTest: Bool
}

enum ModuleTable {
    /// In the order of the manifest.
    static let rows: [ModuleRow] = {
        let text = SourceTree.manifest
        guard let start = text.range(of: "let modules: [Target] = ["), let end = text.range(of: "\n]\n") else {
            return []
        }
        return declarations(in: text[start.upperBound..<end.lowerBound]).compactMap(row)
    }()

    /// `.http` → `AsyncHTTPClient`
    static let products: [String: String] = {
        var products: [String: String] = [:]
        for line in SourceTree.manifest.components(separatedBy: "\n") {
            guard let name = between("static var ", ": Self", in: line),
                let product = between(".product(name: \"", "\"", in: line)
            else { continue }
            products["." + name] = product
        }
        return products
    }()

    /// The calls of the list, each with its arguments.
    private static func declarations(in list: Substring) -> [String] {
        var found: [String] = []
        var current = ""
        var depth = 0
        for line in list.split(separator: "\n") where !line.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") {
            current += line
            depth += line.count { $0 == "(" } - line.count { $0 == ")" }
            guard depth == 0, !current.isEmpty else { continue }
            found.append(current)
            current = ""
        }
        return found
    }

    private static func row(_ declaration: String) -> ModuleRow? {
        let kind = declaration.trimmingPrefix(while: \.isWhitespace).prefix { $0 != "(" }
        // A path is no module.
        let names = quoted(declaration).filter { !$0.contains("/") }
        guard let name = names.first else { return nil }
        var uses = Set(products.filter { contains(declaration, word: $0.key) }.values)
        uses.formUnion(names.dropFirst())
        switch kind {
        case "module", ".executableTarget", ".target": return ModuleRow(name: name, uses: uses, isTest: false)
        case "tests": return ModuleRow(name: name + "Tests", uses: uses.union([name]), isTest: true)
        case ".testTarget": return ModuleRow(name: name, uses: uses, isTest: true)
        default: return nil
        }
    }

    private static func quoted(_ text: String) -> [String] {
        text.components(separatedBy: "\"").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
    }

    private static func contains(_ text: String, word: String) -> Bool {
        var rest = text[...]
        while let found = rest.range(of: word) {
            rest = rest[found.upperBound...]
            if rest.first.map({ !$0.isLetter && !$0.isNumber }) ?? true { return true }
        }
        return false
    }

    private static func between(_ start: String, _ end: String, in line: String) -> String? {
        guard let from = line.range(of: start), let to = line[from.upperBound...].range(of: end) else { return nil }
        return String(line[from.upperBound..<to.lowerBound])
    }
}
