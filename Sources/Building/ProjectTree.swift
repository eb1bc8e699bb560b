// The files that a build takes its contexts from: those of a commit, in the loose mode too.
package import FileTrees
package import Git
package import SystemPackage

package struct ProjectTree: Sendable {
    package let tree: FileTree
    package let contents: any FileContents
    /// The project's folder from the top of the work tree; empty at the top.
    package let projectPath: String
    package let projectDirectory: FilePath
    /// Changes that are not in the commit; empty where they don't matter.
    private let changes: @Sendable () throws -> [WorkTreeChange]

    package init(
        tree: FileTree, contents: any FileContents, projectPath: String, projectDirectory: FilePath,
        changes: @escaping @Sendable () throws -> [WorkTreeChange]
    ) {
        self.tree = tree
        self.contents = contents
        self.projectPath = projectPath
        self.projectDirectory = projectDirectory
        self.changes = changes
    }

    /// The files of a commit. What `changes` has beside it is an error where a context would take it; nil: it doesn't
    /// matter, as the commit was made of the work tree, or giterminism is loose.
    package static func commit(
        _ files: CommitFiles, in repository: Repository, changes: SeenChanges?
    ) -> ProjectTree {
        ProjectTree(
            tree: files.tree, contents: files, projectPath: repository.projectPath,
            projectDirectory: repository.projectDirectory, changes: { try changes?.all() ?? [] })
    }

    /// The folder of a context from the top of the work tree.
    func contextPath(_ context: String) -> PathBytes {
        let parts = [projectPath, context].filter { !$0.isEmpty }
        return GoPath.formatted(parts.joined(separator: "/").utf8)
    }

    /// Throws when something that the context takes differs from the commit.
    func checkCommitted(_ matcher: () throws -> some PathMatcher) throws {
        let changes = try changes()
        if changes.isEmpty { return }
        let matcher = try matcher()
        let found = changes.filter { $0.isSubmodule ? matcher.isOfInterest($0.path) : matcher.isMatched($0.path) }
        if !found.isEmpty { throw GitError.uncommitted(found.map { GoPath.text($0.path) }) }
    }
}
