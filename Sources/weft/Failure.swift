// Errors for people: on standard error, with the word `Error:` in front.
import Foundation

enum Failure {
    static func print(_ text: String) {
        FileHandle.standardError.write(Data(("Error: " + text + "\n").utf8))
    }
}

/// A fault that the command line itself finds.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Failure {
    /// A line for people that is no result.
    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
