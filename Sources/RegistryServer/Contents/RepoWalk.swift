// Walks through the folders of repos in the order of the repos' names, from a name on and no further than asked.
import SystemPackage

/// Costs the folders on the way to the names and those beside them, not all there are.
struct RepoWalk {
    /// Names under `a/` come after `a-b` and before `a0`, so a folder and what lies below it are two steps.
    private enum Step {
        case repo(String)
        case below(String)

        var key: String {
            switch self {
            case .repo(let name): name
            case .below(let prefix): prefix
            }
        }
    }

    private let files: RegistryFiles
    private let last: String?
    /// The next one at the end.
    private var steps: [Step] = [.below("")]
    private var folderCount = 0

    /// Folders that are looked into, so that a long list costs a bounded time.
    private static let foldersMax = 100_000

    init(_ files: RegistryFiles, after last: String?) { (self.files, self.last) = (files, last) }

    /// Nil after the last one.
    mutating func next() throws -> RepoName? {
        while let step = steps.popLast(), folderCount < Self.foldersMax {
            guard isAfterLast(step) else { continue }
            switch step {
            case .repo(let name):
                if let repo = RepoName(name), RepoFolder(repo, in: files).exists { return repo }
            case .below(let prefix) where prefix.utf8.count <= RepoName.bytesMax: try enter(prefix)
            case .below: continue
            }
        }
        return nil
    }

    private func isAfterLast(_ step: Step) -> Bool {
        guard let last else { return true }
        if case .below(let prefix) = step, last.hasPrefix(prefix) { return true }
        return step.key > last
    }

    private mutating func enter(_ prefix: String) throws {
        folderCount += 1
        let path = prefix.split(separator: "/").reduce(files.root) { $0.appending(String($1)) }
        let names = (try files.names(path) ?? []).filter { !$0.hasPrefix("_") }
        guard !names.isEmpty else { return }
        let found = names.flatMap { [Step.repo(prefix + $0), .below(prefix + $0 + "/")] }
        steps += found.sorted { $0.key > $1.key }
    }
}
