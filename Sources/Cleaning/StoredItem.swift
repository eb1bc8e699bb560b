// What lies in a store, as the decision about what goes from it sees it.

package enum ItemKind: String, CaseIterable, Comparable, Sendable {
    /// A remembered step: useless without its layer.
    case step
    /// A chain of layers merged into one directory: hard links, useless without its layers.
    case flattened
    /// What is remembered of a stage in a registry.
    case memory
    case partial
    case blob
    case layer
    /// A cache mount.
    case cache
    /// An image that only this store has.
    case image

    /// Small, and of no use without what it needs: it goes when that goes, and makes no room of its own.
    var isAttached: Bool { self == .step || self == .flattened || self == .memory }

    package static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

package struct ItemName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let kind: ItemKind
    /// Unique within the kind: the hexadecimal digits of a digest, or the name of a file.
    package let text: String

    package init(_ kind: ItemKind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    package var description: String { "\(kind.rawValue) \(text)" }

    package static func < (one: Self, other: Self) -> Bool {
        one.kind == other.kind ? one.text < other.text : one.kind < other.kind
    }
}

package struct StoredItem: Hashable, Sendable {
    package let name: ItemName
    package let byteCount: Int64
    /// Unix seconds.
    package let lastUse: Int64
    /// What may not go while this stays.
    package let needs: [ItemName]

    package init(_ name: ItemName, byteCount: Int64, lastUse: Int64, needs: [ItemName] = []) {
        self.name = name
        self.byteCount = byteCount
        self.lastUse = lastUse
        self.needs = needs
    }
}

/// Why an item stays, the strongest reason first.
package enum KeepReason: String, CaseIterable, Comparable, Sendable {
    /// A process uses it, or counts on it.
    case pinned
    /// Nobody else may have it.
    case root
    /// It was used a moment ago: whoever did may not have said yet what for.
    case recent
    /// Its kind was not asked for.
    case unasked
    /// It makes no room worth what it is good for.
    case small
    /// There was no need for its room.
    case unneeded

    package static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
