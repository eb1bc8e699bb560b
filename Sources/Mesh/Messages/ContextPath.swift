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
        var seen: Set<ArraySlice<UInt8>> = []
        seen.reserveCapacity(paths.count)
        for path in paths {
            guard seen.insert(path[...]).inserted else { return String(decoding: path, as: UTF8.self) }
        }
        // Neighbours share their folders: each is looked up once in a row.
        var last: ArraySlice<UInt8> = []
        for path in paths {
            guard let end = path.lastIndex(of: slash) else { continue }
            let folder = path[..<end]
            guard folder != last else { continue }
            last = folder
            for place in path[...end].indices where path[place] == slash && seen.contains(path[..<place]) {
                return String(decoding: path[..<place], as: UTF8.self)
            }
        }
        return nil
    }

    private static let slash = UInt8(ascii: "/")
}
