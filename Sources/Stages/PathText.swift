// Paths as texts: cleaned the way Go's path.Clean does it, without looking at any disk.

package enum PathText {
    /// `path` as seen from `directory`, absolute and cleaned; `..` stops at the root.
    package static func absolute(_ path: String, from directory: String) -> String {
        let whole = path.utf8.first == slash ? path : directory + "/" + path
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Cleaned, relative to the root it is meant in: `/a/../b/` is `b`; the root itself is `.`.
    package static func relative(_ path: String) -> String {
        let cleaned = absolute(path, from: "/").dropFirst()
        return cleaned.isEmpty ? "." : String(cleaned)
    }

    /// What WORKDIR leaves in the configuration: an absolute path exactly as it was written, `//a/` too; a relative one
    /// joined to the directory before and cleaned.
    static func workingDirectory(_ path: String, from directory: String) -> String {
        if path.utf8.first == slash { return path }
        return path.isEmpty && directory.utf8.first == slash ? directory : absolute(path, from: directory)
    }

    private static let slash = UInt8(ascii: "/")
}
