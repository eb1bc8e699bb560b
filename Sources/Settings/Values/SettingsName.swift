// Names of nodes, classes, users and zones in config files.

/// The rule of names in certificates (`Authority`): `[a-z0-9.-]`, 1 to 63 bytes. A test holds the two together.
package enum SettingsName {
    package static let bytesMax = 63

    /// Why `name` is none; nil when it is one.
    package static func problem(_ name: String) -> String? {
        let bytes = name.utf8
        guard let first = bytes.first, let last = bytes.last else { return "it is empty" }
        guard bytes.count <= bytesMax else { return "it is longer than \(bytesMax) bytes" }
        let dot = UInt8(ascii: ".")
        guard bytes.allSatisfy({ isWord($0) || $0 == dot || $0 == UInt8(ascii: "-") }) else {
            return "other characters stand in it"
        }
        guard isWord(first), isWord(last) else { return "it begins or ends with a dot or dash" }
        return zip(bytes, bytes.dropFirst()).contains { $0 == (dot, dot) } ? "two dots follow each other" : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
