// The environment of an image: `NAME=value` in an order that is part of the image's bytes.

/// Setting a name that exists keeps its place, as Docker does; a new one goes to the end.
package struct EnvironmentList: Sendable, ExpressibleByArrayLiteral {
    /// `NAME=value`, as it stands in the config.
    package private(set) var entries: [String]
    /// Where each name stands first: a chain of thousands of ENVs sets one after the other.
    private var places: [Substring: Int] = [:]

    package init(_ entries: [String] = []) {
        self.entries = entries
        indexPlaces()
    }

    package init(arrayLiteral entries: String...) { self.init(entries) }

    /// The value of `name`: that of its first entry; nil when it has none or when it is set to nil.
    package subscript(name: String) -> String? {
        get {
            places[name[...]].map { index in
                entries[index].utf8.firstIndex(of: Self.equals).map { String(entries[index][$0...].dropFirst()) } ?? ""
            }
        }
        set {
            guard let newValue else { return remove(name) }
            let entry = name + "=" + newValue
            if let index = places[name[...]] {
                entries[index] = entry
            } else {
                places[name[...]] = entries.count
                entries.append(entry)
            }
        }
    }

    /// Names and values in order; an entry without `=` has an empty value.
    package var pairs: [(name: String, value: String)] {
        entries.map { entry in
            let name = Self.name(of: entry)
            return (String(name), String(entry[name.endIndex...].dropFirst()))
        }
    }

    private mutating func remove(_ name: String) {
        guard places[name[...]] != nil else { return }
        entries.removeAll { Self.name(of: $0) == name[...] }
        indexPlaces()
    }

    private mutating func indexPlaces() {
        places = Dictionary(
            entries.enumerated().map { (Self.name(of: $1), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static let equals = UInt8(ascii: "=")

    private static func name(of entry: String) -> Substring {
        entry[..<(entry.utf8.firstIndex(of: equals) ?? entry.endIndex)]
    }
}

extension EnvironmentList: Hashable {
    package static func == (left: EnvironmentList, right: EnvironmentList) -> Bool { left.entries == right.entries }

    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(entries) }
}
