// Paths as texts: cleaned the way Go's path.Clean does it, without looking at any disk.

package enum PathText {
    /// `path` as seen from `directory`, absolute and cleaned; `..` stops at the root.
    package static func absolute(_ path: String, from directory: String) -> String {
        let whole = path.hasPrefix("/") ? path : directory + "/" + path
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
}
