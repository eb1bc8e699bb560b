// What a template computes with: Go's dynamic values, as far as configuration needs them.

package enum TemplateValue {
    /// nil, and what a missing key of a map gives; prints as `<no value>`.
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case list(TemplateList)
    case map(TemplateMap)
    case object(any TemplateObject)

    package static func list(of items: [TemplateValue]) -> TemplateValue { .list(TemplateList(items)) }
    package static func list(of items: [String]) -> TemplateValue {
        .list(TemplateList(items.map(TemplateValue.string)))
    }
    package static func map(of entries: [String: TemplateValue]) -> TemplateValue { .map(TemplateMap(entries)) }

    /// What `if`, `and`, `or`, `not` ask: false, 0, "", nil and empty collections are false.
    package var isTrue: Bool {
        switch self {
        case .none: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let list): !list.items.isEmpty
        case .map(let map): !map.entries.isEmpty
        case .object: true
        }
    }

    /// The Go type, as `typeOf` and messages name it.
    var typeName: String {
        switch self {
        case .none: "<nil>"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .list: "[]interface {}"
        case .map: "map[string]interface {}"
        case .object: "object"
        }
    }

    /// The Go kind, as `kindOf` names it.
    var kindName: String {
        switch self {
        case .none: "invalid"
        case .list: "slice"
        case .map: "map"
        case .object: "struct"
        default: typeName
        }
    }

    var isCollection: Bool {
        switch self {
        case .list, .map: true
        default: false
        }
    }
}

/// A list never changes after it was made; a class only so that a render can let go of deep ones without recursion.
package final class TemplateList {
    package fileprivate(set) var items: [TemplateValue]

    package init(_ items: [TemplateValue]) {
        self.items = items
    }
}

/// A map is shared, as in Go: `set` changes it for all who hold it.
package final class TemplateMap {
    package var entries: [String: TemplateValue]

    package init(_ entries: [String: TemplateValue] = [:]) {
        self.entries = entries
    }

    /// In the order of their bytes, as `range` and printing go.
    package var sortedKeys: [String] {
        entries.keys.sorted(by: bytesPrecede)
    }
}

/// Something with members that the caller of the engine provides: `.Files.Get "path"`.
package protocol TemplateObject {
    /// For suggestions when a name is wrong.
    var members: [String] { get }
    /// A field (no arguments) or a method; nil when there is no such member.
    func call(_ member: String, _ arguments: [TemplateValue]) throws(FunctionFailure) -> TemplateValue?
}

/// Why a function gave no value; the engine adds its name and place.
package struct FunctionFailure: Error {
    package let problem: String

    package init(_ problem: String) {
        self.problem = problem
    }
}

/// Holds every collection that a render makes, so that releasing a chain of a million maps is a loop and not a
/// recursion, and circles made by `set` are broken.
final class ValueHeap {
    private var values: [TemplateValue] = []

    func keep(_ value: TemplateValue) {
        if value.isCollection { values.append(value) }
    }

    func clear() {
        for value in values {
            switch value {
            case .list(let list): list.items = []
            case .map(let map): map.entries = [:]
            default: break
            }
        }
        values = []
    }
}

/// Go compares strings by their bytes; Swift by Unicode's canonical order.
func bytesPrecede(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}
