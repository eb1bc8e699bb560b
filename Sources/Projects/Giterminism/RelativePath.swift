// Paths as werf.yaml writes them, cleaned by their text alone: no link is followed here.

enum RelativePath {
    /// `a/./b//c/..` as `a/b`; "" for the folder itself. nil when the path is absolute or leaves its folder.
    static func clean(_ path: String) -> String? {
        guard let cleaned = cleanClimbing(path), cleaned != "..", !cleaned.hasPrefix("../") else { return nil }
        return cleaned
    }

    /// Likewise, but a path that leaves its folder begins with `..`.
    static func cleanClimbing(_ path: String) -> String? {
        guard !path.hasPrefix("/") else { return nil }
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    static func join(_ folder: String, _ path: String) -> String {
        if folder.isEmpty { return path }
        return path.isEmpty ? folder : folder + "/" + path
    }

    /// The absolute, cleaned form of a path that may begin with `~`; the path itself when the folders are unknown.
    static func expand(_ path: String, home: String?, base: String?) -> String {
        let absolute: String
        if path == "~" || path.hasPrefix("~/") {
            guard let home else { return path }
            absolute = home + path.dropFirst()
        } else if path.hasPrefix("/") {
            absolute = path
        } else {
            guard let base else { return path }
            absolute = base + "/" + path
        }
        var parts: [Substring] = []
        for part in absolute.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
