// What is wrong with a Dockerfile or an ignore file, and where.

/// Printed as `file:line:column: message`, with a hint in brackets where there is one.
package struct DockerfileError: Error, Sendable, Equatable, CustomStringConvertible {
    package let location: SourceLocation
    package let message: String
    /// What to do about it.
    package let hint: String?

    package init(location: SourceLocation, message: String, hint: String? = nil) {
        self.location = location
        self.message = message
        self.hint = hint
    }

    package var description: String { "\(location): \(message)" + (hint.map { " (\($0))" } ?? "") }
}

/// Something a builder accepts although it is probably not what was meant.
package struct DockerfileWarning: Sendable, Equatable, CustomStringConvertible {
    package let location: SourceLocation
    package let message: String

    package var description: String { "\(location): \(message)" }
}

/// A failure found by a part that knows at most an offset in the logical line; the parser turns it into a `DockerfileError`.
struct Fault: Error {
    let message: String
    /// Offset in the bytes of the logical line; nil means the instruction as a whole.
    var offset: Int?
    var hint: String?

    init(_ message: String, at offset: Int? = nil, hint: String? = nil) {
        self.message = message
        self.offset = offset
        self.hint = hint
    }
}
