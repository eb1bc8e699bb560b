// Patterns of repos: `shop/api`, `shop/*`, `shop/**`.

/// `*` stands for anything within one part of the path, `**` as a whole part for any number of parts, also none.
package struct RepoPattern: Hashable, Sendable, CustomStringConvertible {
    /// Bytes of a pattern, as of a repo's name in OCI distribution.
    package static let bytesMax = 255

    package let description: String
    private let parts: [String]

    package init?(_ text: String) {
        guard (1...Self.bytesMax).contains(text.utf8.count), text.utf8.allSatisfy(Self.isByte) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty && ($0 == "**" || !$0.contains("**")) && $0 != "." && $0 != ".." }) else {
            return nil
        }
        description = text
        self.parts = parts
    }

    package func matches(_ repo: String) -> Bool {
        let names = repo.split(separator: "/", omittingEmptySubsequences: false).map { Array($0.utf8) }
        // Whether the first `count` parts match the names before each place.
        var reached = [true] + names.map { _ in false }
        for part in parts {
            var next = names.map { _ in false } + [false]
            if part == "**" {
                var isOpen = false
                for place in next.indices {
                    isOpen = isOpen || reached[place]
                    next[place] = isOpen
                }
            } else {
                for (place, name) in names.enumerated() where reached[place] {
                    next[place + 1] = Self.matches(Array(part.utf8), name)
                }
            }
            reached = next
        }
        return reached.last ?? false
    }

    /// One part against one name; each `*` takes as little as it can, and more when what follows asks for it.
    private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (at, place) = (0, 0)
        var star: (at: Int, place: Int)?
        while place < name.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                star = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == name[place] {
                at += 1
                place += 1
            } else if let last = star {
                star = (last.at, last.place + 1)
                (at, place) = (last.at + 1, last.place + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func isByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || "._-/:*".utf8.contains(byte)
    }
}
