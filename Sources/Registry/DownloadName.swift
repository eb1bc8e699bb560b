// The file name of a download, as BuildKit chooses it.

enum DownloadName {
    /// BuildKit's name for a download whose address has none.
    static let unnamed = "__unnamed__"
    /// Longest name, in bytes: what file systems take.
    static let bytesMax = 255

    /// The last part of the path, decoded; nothing that the server says.
    static func name(of address: WebAddress) -> String {
        let last = WebAddress.decoded(address.path).split(separator: "/").last.map { String($0) } ?? ""
        return isName(last) ? last : unnamed
    }

    /// A name, and never a way out of its folder.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".." && text.utf8.count <= bytesMax
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x2F && $0 != 0x7F }
    }
}
