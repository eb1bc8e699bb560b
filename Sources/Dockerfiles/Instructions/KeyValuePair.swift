// The pairs of ENV and LABEL, and the arguments of ARG.

package struct KeyValuePair: Sendable, Equatable {
    package var key: String
    package var value: String
    /// Written `ENV key value`, without `=`.
    package let isLegacy: Bool

    package init(key: String, value: String, isLegacy: Bool = false) {
        self.key = key
        self.value = value
        self.isLegacy = isLegacy
    }
}

/// One argument of an ARG instruction; without a value it only declares the name.
package struct BuildArgument: Sendable, Equatable {
    package var key: String
    package var value: String?

    package init(key: String, value: String? = nil) {
        self.key = key
        self.value = value
    }
}
