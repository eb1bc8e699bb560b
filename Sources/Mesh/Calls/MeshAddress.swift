// Where a distributed actor lives: the name of its node, or client, and its own.

package struct MeshAddress: Hashable, Sendable, CustomStringConvertible {
    package let node: String
    package let actor: String

    package init(node: String, actor: String) {
        self.node = node
        self.actor = actor
    }

    package var description: String { "\(actor)@\(node)" }
}
