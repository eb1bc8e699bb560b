// Sources of ADD that are no files of the context: addresses of files and of git repositories.

enum RemoteText {
    /// A file to fetch. Only lower-case schemes count: `HTTP://a` is a path, as in BuildKit.
    static func isFile(_ text: String) -> Bool { isWeb(text) && !isRepository(text) }

    /// `git://`, `ssh://`, `user@host:path`, or a web address whose path ends in `.git`.
    static func isRepository(_ text: String) -> Bool {
        if text.hasPrefix("git://") || text.hasPrefix("ssh://") { return true }
        if isWeb(text) {
            return text.prefix { $0 != "?" && $0 != "#" }.hasSuffix(".git")
        }
        guard let at = text.firstIndex(of: "@"), let colon = text[at...].firstIndex(of: ":") else { return false }
        return isWord(text[..<at]) && isWord(text[text.index(after: at)..<colon])
    }

    private static func isWeb(_ text: String) -> Bool { text.hasPrefix("http://") || text.hasPrefix("https://") }

    private static func isWord(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-_.".utf8.contains($0)
            }
    }
}
