// Whether a path from another node stays inside the folder that it is to be written in.

package enum ContextPath {
    /// Bytes of a path: what Linux takes in one call (PATH_MAX with its zero).
    package static let bytesMax = 4095
    /// Bytes of one part (NAME_MAX).
    package static let partBytesMax = 255
    /// Folders in folders.
    package static let partsMax = 256

    /// Why `path` is not taken; nil when it is.
    package static func refusal(of path: [UInt8]) -> String? {
        guard !path.isEmpty else { return "is empty" }
        guard path.count <= bytesMax else { return "is longer than \(bytesMax) bytes" }
        guard path.first != slash else { return "is absolute" }
        guard !path.contains(0) else { return "has a zero" }
        let parts = path.split(separator: slash, omittingEmptySubsequences: false)
        guard parts.count <= partsMax else { return "has more than \(partsMax) parts" }
        for part in parts {
            guard !part.isEmpty else { return "has an empty part" }
            guard !part.elementsEqual(".".utf8), !part.elementsEqual("..".utf8) else { return "has a part . or .." }
            guard part.count <= partBytesMax else { return "has a part longer than \(partBytesMax) bytes" }
        }
        return nil
    }

    /// A path that is there twice, or that another needs as a folder.
    static func conflict(in paths: [[UInt8]]) -> String? {
        // With `/` before every other byte, what is below a path comes right behind it.
        let isSorted = zip(paths, paths.dropFirst()).allSatisfy { !precedes($1, $0) }
        let ordered = isSorted ? paths : paths.sorted(by: precedes)
        for (path, next) in zip(ordered, ordered.dropFirst()) where next.starts(with: path) {
            if next.count == path.count || next[path.count] == slash { return String(decoding: path, as: UTF8.self) }
        }
        return nil
    }

    private static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.lexicographicallyPrecedes(right) { $0 != $1 && ($0 == slash || $1 != slash && $0 < $1) }
    }

    private static let slash = UInt8(ascii: "/")
}
