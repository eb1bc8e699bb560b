// What a node believes of who holds what, asked for by clients, which hear no gossip.
package import Availability

package struct AvailabilityQuery: Hashable, Sendable {
    package let names: [HeldName]

    package init(names: [HeldName]) { self.names = names }
}

/// A node, and how much it says to hold.
package struct HoldingsRow: Hashable, Sendable {
    package let name: String
    package let count: Int
    /// It said to hold what it does not, again and again.
    package let isLiar: Bool

    package init(name: String, count: Int, isLiar: Bool) {
        self.name = name
        self.count = count
        self.isLiar = isLiar
    }
}

/// Names of nodes that probably hold one name, the one that answers and those nearest to it first.
package struct Holders: Hashable, Sendable {
    package let nodes: [String]

    package init(nodes: [String]) { self.nodes = nodes }
}

package struct AvailabilityAnswer: Hashable, Sendable {
    package let rows: [HoldingsRow]
    /// For each of the query's names.
    package let holders: [Holders]

    package init(rows: [HoldingsRow], holders: [Holders]) {
        self.rows = rows
        self.holders = holders
    }
}

extension HeldName: Message {
    /// Bytes of the longest digest.
    private static let digestBytesMax = 32

    package func write(to fields: inout FieldWriter) {
        fields.count(1, kind.rawValue)
        fields.data(2, digest)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        self.init(try fields.choice(1, "kind"), try fields.data(2, "digest", max: Self.digestBytesMax))
    }
}

extension AvailabilityQuery: Message {
    package func write(to fields: inout FieldWriter) { fields.messages(1, names) }

    package init(from fields: inout FieldReader) throws(MessageError) { names = try fields.messages(1, "names") }
}

extension HoldingsRow: Message {
    package func write(to fields: inout FieldWriter) {
        fields.text(1, name)
        fields.count(2, count)
        fields.flag(3, isLiar)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        name = try fields.nodeName(1, "name")
        count = try fields.count(2, "count")
        isLiar = try fields.flag(3, "isLiar")
    }
}

extension Holders: Message {
    package func write(to fields: inout FieldWriter) { fields.texts(1, nodes) }

    package init(from fields: inout FieldReader) throws(MessageError) {
        nodes = try fields.nodeNames(1, "nodes", max: ShippedLayer.holdersMax)
    }
}

extension AvailabilityAnswer: Message {
    package func write(to fields: inout FieldWriter) {
        fields.messages(1, rows)
        fields.messages(2, holders)
    }

    package init(from fields: inout FieldReader) throws(MessageError) {
        rows = try fields.messages(1, "rows")
        holders = try fields.messages(2, "holders")
    }
}
