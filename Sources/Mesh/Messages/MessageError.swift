// Why bytes are no message, with the name of the field.

package struct MessageError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case missing
        /// The bytes end within it.
        case truncated
        case tooLong(count: Int, max: Int)
        case tooMany(max: Int)
        case tooDeep(max: Int)
        case outOfRange
        case notUTF8
        /// Fields must come with rising tags.
        case outOfOrder
        /// It stands there more than once.
        case repeated
        /// A number that is written longer than it has to be, or a tag that can't be.
        case malformed
        /// A number where bytes should be, or the other way round.
        case wrongKind
        /// A case that this version doesn't know.
        case unknownCase(Int)
        case invalid(String)
    }

    /// The names of the fields on the way to it, from the outside; empty for the message itself.
    package let path: [String]
    package let reason: Reason

    init(_ name: String, _ reason: Reason) { (path, self.reason) = (name.isEmpty ? [] : [name], reason) }

    private init(path: [String], reason: Reason) { (self.path, self.reason) = (path, reason) }

    /// The same error of a message that is the field `name` of another.
    func inside(_ name: String) -> MessageError { MessageError(path: [name] + path, reason: reason) }

    package var description: String {
        let subject = path.isEmpty ? "the message" : path.joined(separator: ".")
        return "\(subject) \(reason)"
    }
}

extension MessageError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing: "is missing"
        case .truncated: "ends too early"
        case .tooLong(let count, let max): "has \(count) bytes, and at most \(max) are taken"
        case .tooMany(let max): "has more than \(max) elements"
        case .tooDeep(let max): "is more than \(max) messages deep"
        case .outOfRange: "has a number out of range"
        case .notUTF8: "isn't UTF-8"
        case .outOfOrder: "has fields out of order"
        case .repeated: "stands there twice"
        case .malformed: "is malformed"
        case .wrongKind: "has the wrong kind"
        case .unknownCase(let number): "is of kind \(number), which this version doesn't know"
        case .invalid(let what): what
        }
    }
}
