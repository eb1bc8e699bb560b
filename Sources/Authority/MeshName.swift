// Names of nodes, clients and classes: one rule, because they stand in certificates, file names and config.

package enum MeshName {
    /// Bytes of a name; a DNS label has as many.
    package static let bytesMax = 63

    /// Names of files that lie beside those of nodes and clients.
    private static let taken: Set = ["authority", "denied"]

    /// Why `name` is none; nil when it is one.
    package static func problem(_ name: String) -> String? {
        let bytes = name.utf8
        guard let first = bytes.first, let last = bytes.last else { return "it is empty" }
        guard bytes.count <= bytesMax else { return "it is longer than \(bytesMax) bytes" }
        guard bytes.allSatisfy({ isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }) else {
            return "only a-z, 0-9, dots and dashes may stand in it"
        }
        guard isWord(first), isWord(last) else { return "it must begin and end with a letter or digit" }
        guard !name.contains("..") else { return "two dots follow each other" }
        return taken.contains(name) ? "files of the authority bear it" : nil
    }

    package static func check(_ name: String) throws(AuthorityError) {
        guard let why = problem(name) else { return }
        throw .badName(name: name, why: why)
    }

    static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
