// What stands in the way of making a stage on this node, as a sentence.

package struct BuildingError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
