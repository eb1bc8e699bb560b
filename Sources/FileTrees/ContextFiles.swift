// All files of a build context by name, links resolved inside it: what globs and directory hashes look at.

/// Folders exist by the files they hold. Later additions replace earlier ones.
package struct ContextFiles: Sendable {
    /// Links followed on the way to one file.
    package static let linksMax = 255

    /// What stands at a path of the context.
    package enum Content: Sendable {
        /// A file of a tree; its hash comes from the index.
        case blob(TreeFile)
        /// A file whose content was hashed already.
        case digest(ContentDigest)
        case link(target: PathBytes)

        /// SHA-256 of a hashed file's content, and of a link's target; nil for a blob, whose hash is in the index.
        package var digest: ContentDigest? {
            switch self {
            case .blob: nil
            case .digest(let digest): digest
            case .link(let target): ContentDigest(of: target)
            }
        }
    }

    enum Node: Sendable {
        case directory([PathBytes: Int])
        case content(Content)
    }

    private(set) var nodes: [Node] = [.directory([:])]

    package init() {}

    /// `files` by their paths below `scope`; the targets of links are read from `contents`.
    package init(_ files: [TreeFile], below scope: PathBytes = [], contents: some FileContents) throws {
        let links = files.filter { $0.kind == .link }
        var targets = CollectingSink()
        try contents.read(links, into: &targets)
        var target = targets.contents.makeIterator()
        for file in files {
            let path = GoPath.relative(file.path, to: GoPath.formatted(scope))
            add(path, file.kind == .link ? .link(target: target.next() ?? []) : .blob(file))
        }
    }

    /// Adds a file, and the folders that lead to it; what stands in the way is replaced.
    package mutating func add(_ path: PathBytes, _ content: Content) {
        var place = 0
        let elements = GoPath.clean([GoPath.slash] + path).split(separator: GoPath.slash).map { PathBytes($0) }
        for (index, element) in elements.enumerated() {
            if let next = children(of: place)?[element] {
                place = next
            } else {
                var children = children(of: place) ?? [:]
                // Without a second reference the dictionary is changed in place.
                nodes[place] = .directory([:])
                nodes.append(.directory([:]))
                children[element] = nodes.count - 1
                nodes[place] = .directory(children)
                place = nodes.count - 1
            }
            if index == elements.count - 1 { nodes[place] = .content(content) }
        }
    }

    func children(of node: Int) -> [PathBytes: Int]? {
        if case .directory(let children) = nodes[node] { children } else { nil }
    }

    /// The node at `path`, which may be a link when `isLinkFollowed` is false. Absolute targets and `..` stay inside the
    /// context. Nil when nothing is there, or links lead in a circle.
    func node(at path: PathBytes, isLinkFollowed: Bool) -> Int? {
        var ahead = path.split(separator: GoPath.slash).map { PathBytes($0) }
        ahead.reverse()
        var trail = [0]
        var links = 0
        while let element = ahead.popLast() {
            if element == [UInt8(ascii: ".")] { continue }
            if element == Array("..".utf8) {
                if trail.count > 1 { trail.removeLast() }
                continue
            }
            guard let next = children(of: trail[trail.count - 1])?[element] else { return nil }
            guard case .content(.link(let target)) = nodes[next], isLinkFollowed || !ahead.isEmpty else {
                trail.append(next)
                continue
            }
            links += 1
            guard links <= Self.linksMax else { return nil }
            if target.first == GoPath.slash { trail = [0] }
            ahead += target.split(separator: GoPath.slash).map { PathBytes($0) }.reversed()
        }
        return trail[trail.count - 1]
    }
}
