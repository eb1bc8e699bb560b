// Paths as Go's path/filepath cleans and splits them: the rules that werf's matchers stand on.

/// Bytes of a path; Linux names need not be UTF-8.
package typealias PathBytes = [UInt8]

package enum GoPath {
    static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")
    private static let backslash = UInt8(ascii: "\\")

    /// `filepath.Clean`: no empty, `.` or inner `..` elements; the empty path is `.`.
    package static func clean(_ path: some Collection<UInt8>) -> PathBytes {
        if isClean(path) { return PathBytes(path) }
        let isAbsolute = path.first == slash
        var kept: [PathBytes] = []
        for element in path.split(separator: slash) {
            if element.elementsEqual([dot]) { continue }
            guard element.elementsEqual([dot, dot]) else {
                kept.append(Array(element))
                continue
            }
            if let last = kept.last, last != [dot, dot] {
                kept.removeLast()
            } else if !isAbsolute {
                kept.append([dot, dot])
            }
        }
        let joined = PathBytes(kept.joined(separator: [slash]))
        if isAbsolute { return [slash] + joined }
        return joined.isEmpty ? [dot] : joined
    }

    /// Whether there is nothing to clean, so that the path need not be taken apart: most paths.
    private static func isClean(_ path: some Collection<UInt8>) -> Bool {
        // Of the element so far: its bytes, and whether all of them are dots.
        var (count, hasOnlyDots) = (0, true)
        for byte in path {
            if byte == slash {
                if count == 0 || hasOnlyDots && count <= 2 { return false }
                (count, hasOnlyDots) = (0, true)
            } else {
                count += 1
                hasOnlyDots = hasOnlyDots && byte == dot
            }
        }
        return count > 2 || count > 0 && !hasOnlyDots
    }

    /// A cleaned path in which the root (`.`, `/`, empty) is the empty path.
    package static func formatted(_ path: some Collection<UInt8>) -> PathBytes {
        if path.isEmpty || path.elementsEqual([slash]) { return [] }
        let cleaned = clean(path)
        return cleaned == [dot] ? [] : cleaned
    }

    /// Elements of a cleaned path, without the leading slash; a slash after a backslash does not split.
    package static func elements(of path: some Collection<UInt8>) -> [PathBytes] {
        let cleaned = formatted(path)
        let relative = cleaned.first == slash ? cleaned.dropFirst() : cleaned[...]
        var elements: [PathBytes] = []
        var element: PathBytes = []
        for byte in relative {
            if byte == slash, element.last != backslash {
                elements.append(element)
                element = []
            } else {
                element.append(byte)
            }
        }
        return relative.isEmpty ? [] : elements + [element]
    }

    static func joined(_ elements: some Collection<PathBytes>) -> PathBytes {
        elements.isEmpty ? [] : formatted(PathBytes(elements.joined(separator: [slash])))
    }

    /// True when `path` lies inside `base` and is not `base`; everything lies inside the empty base.
    static func isStrictlyInside(_ path: PathBytes, base: PathBytes) -> Bool {
        if base.isEmpty { return !path.isEmpty }
        return path.count > base.count && path[base.count] == slash && path.starts(with: base)
    }

    /// `path` as seen from `base`, both formatted; climbs with `..` when it is not inside.
    package static func relative(_ path: PathBytes, to base: PathBytes) -> PathBytes {
        if path == base { return [] }
        if base.isEmpty { return path }
        if isStrictlyInside(path, base: base) { return PathBytes(path.dropFirst(base.count + 1)) }
        let from = elements(of: base)
        let to = elements(of: path)
        let shared = zip(from, to).prefix { $0 == $1 }.count
        let climbs = Array(repeating: [dot, dot], count: from.count - shared)
        return PathBytes((climbs + to.dropFirst(shared)).joined(separator: [slash]))
    }

    /// The text of a path for messages; bytes that are not UTF-8 are shown as U+FFFD.
    package static func text(_ path: some Collection<UInt8>) -> String { String(decoding: path, as: UTF8.self) }
}
