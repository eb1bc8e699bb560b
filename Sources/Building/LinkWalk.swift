// Where a path of a context leads through its links: the walk that COPY makes, on names alone.
import FileTrees

/// The rules of `RootDirectory`: absolute targets and `..` stay inside the context. Only links are known: whether another
/// part is a folder, a file or nothing decides if the way ends in an error, never where it leads.
struct LinkWalk {
    /// Links on one way; the kernel's own limit (path_resolution(7)).
    static let linksMax = 40

    /// The targets of all links, by their paths.
    let links: [PathBytes: PathBytes]

    struct End: Equatable {
        fileprivate(set) var parts: [PathBytes] = []
        /// Every link that was followed.
        fileprivate(set) var links: [PathBytes] = []
        /// What a `..` led out of again: whether it is a file, a folder or nothing is asked on the way.
        fileprivate(set) var left: [PathBytes] = []

        var path: PathBytes { LinkWalk.joined(parts) }
    }

    /// Follows a link at the end, too. Nil when the way has more links than one may have.
    func end(of parts: [PathBytes]) -> End? {
        var end = End()
        var ahead = [PathBytes](parts.reversed())
        while let part = ahead.popLast() {
            if part == Self.parent {
                if !end.parts.isEmpty { end.left.append(end.path) }
                _ = end.parts.popLast()
                continue
            }
            end.parts.append(part)
            let path = end.path
            guard let target = links[path] else { continue }
            guard end.links.count < Self.linksMax else { return nil }
            end.links.append(path)
            if target.first == UInt8(ascii: "/") { end.parts = [] } else { end.parts.removeLast() }
            ahead += Self.parts(of: target).reversed()
        }
        return end
    }

    private static let parent = PathBytes("..".utf8)

    /// Without empty ones and `.`.
    static func parts(of path: some Collection<UInt8>) -> [PathBytes] {
        path.split(separator: UInt8(ascii: "/")).map { PathBytes($0) }.filter { $0 != [UInt8(ascii: ".")] }
    }

    static func joined(_ parts: [PathBytes]) -> PathBytes { PathBytes(parts.joined(separator: [UInt8(ascii: "/")])) }
}
