// The word of --chmod: octal digits up to 7777, or the clauses of chmod(1).

enum ModeText {
    private static let octalMax: UInt32 = 0o7777
    /// Bytes of one mode: more than all classes, operators and letters need.
    private static let bytesMax = 1_024

    static func isMode(_ text: String) -> Bool {
        guard text.utf8.count <= bytesMax, let first = text.utf8.first else { return false }
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
            return text.utf8.allSatisfy { (48...55).contains($0) }
                && UInt32(text, radix: 8).map { $0 <= octalMax } == true
        }
        return text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy(isClause)
    }

    /// `[ugoa]*` and then, once or more, an operator with letters.
    private static func isClause(_ text: Substring) -> Bool {
        let actions = text.drop { "ugoa".contains($0) }
        guard let first = actions.first, "+-=".contains(first) else { return false }
        return actions.allSatisfy { "+-=rwxXstugo".contains($0) }
    }
}
