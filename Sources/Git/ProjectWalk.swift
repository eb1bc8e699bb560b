// Finds the files that a matcher selects, through links to folders, under the names by which they were reached.
import FileTrees

struct ProjectWalk<Matcher: PathMatcher> {
    let view: any ProjectView
    /// Sees paths from the project's root.
    let matcher: Matcher

    /// Sorted paths from `project`.
    func files(of project: PathBytes) throws -> [String] {
        var found: [String] = []
        try walk(named: [], at: project, trail: [project], into: &found)
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// `trail`: the real folders on the way here, so that links can't lead in circles.
    private func walk(named folder: PathBytes, at real: PathBytes, trail: [PathBytes], into found: inout [String])
        throws
    {
        guard matcher.isOfInterest(folder) else { return }
        guard trail.count <= FileTree.depthMax else {
            throw FileTreeError.tooDeep(path: GoPath.text(folder), limit: FileTree.depthMax)
        }
        for name in try view.names(in: real) {
            let path = folder + (folder.isEmpty ? [] : [slash]) + name
            let place = real + (real.isEmpty ? [] : [slash]) + name
            guard let (target, isDirectory) = try follow(place, named: path) else { continue }
            if !isDirectory {
                if matcher.isMatched(path) { found.append(GoPath.text(path)) }
            } else if !trail.contains(target) {
                try walk(named: path, at: target, trail: trail + [target], into: &found)
            }
            guard found.count <= FileTree.filesMax else { throw FileTreeError.tooManyFiles(limit: FileTree.filesMax) }
        }
    }

    /// A link that leads nowhere, or out of the repository, matters only when it was asked for.
    private func follow(_ place: PathBytes, named path: PathBytes) throws -> (path: PathBytes, isDirectory: Bool)? {
        switch try? view.entry(at: place) {
        case .directory: return (place, true)
        case .file: return (place, false)
        case .missing: return nil
        case .link, nil:
            guard matcher.isOfInterest(path) else { return nil }
            do {
                return try view.resolve(place)
            } catch GitError.linkLeavesRepository where !matcher.isMatched(path) {
                return nil
            }
        }
    }
}

private let slash = UInt8(ascii: "/")
