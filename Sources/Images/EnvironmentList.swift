// The environment of an image: `NAME=value` in an order that is part of the image's bytes.

/// Setting a name that exists keeps its place, as Docker does; a new one goes to the end.
package struct EnvironmentList: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// `NAME=value`, as it stands in the config.
    package private(set) var entries: [String]

    package init(_ entries: [String] = []) { self.entries = entries }

    package init(arrayLiteral entries: String...) { self.entries = entries }

    /// The value of `name`: that of its first entry; nil when it has none or when it is set to nil.
    package subscript(name: String) -> String? {
        get {
            index(of: name).map { index in
                entries[index].firstIndex(of: "=").map { String(entries[index][$0...].dropFirst()) } ?? ""
            }
        }
        set {
            guard let newValue else { return entries.removeAll { Self.name(of: $0) == name[...] } }
            let entry = name + "=" + newValue
            if let index = index(of: name) { entries[index] = entry } else { entries.append(entry) }
        }
    }

    /// Names and values in order; an entry without `=` has an empty value.
    package var pairs: [(name: String, value: String)] {
        entries.map { entry in
            let name = Self.name(of: entry)
            return (String(name), String(entry.dropFirst(name.count + 1)))
        }
    }

    private func index(of name: String) -> Int? { entries.firstIndex { Self.name(of: $0) == name[...] } }

    private static func name(of entry: String) -> Substring { entry.prefix { $0 != "=" } }
}
