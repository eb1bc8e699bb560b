// Results on standard output: nothing else goes there in commands that scripts read.
import Foundation

enum Output {
    static func line(_ text: String) { print(text + "\n") }

    static func print(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

enum JSONText {
    /// Indented, members in order of their names.
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
