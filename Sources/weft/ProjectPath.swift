// Paths of flags that stand for files of the project: typed from the current directory, meant from the project's root.
import FileTrees
import Foundation

struct ProjectPath {
    /// Absolute, without links.
    let currentDirectory: String
    /// The top of the work tree, without links.
    let workTree: String
    /// The project's folder from the top of the work tree.
    let project: String

    /// From the project's root; begins with `..` where the path lies beside it. It must lie in the work tree.
    func fromProject(_ written: String, flag: String) throws -> String {
        let absolute = written.hasPrefix("/") ? written : currentDirectory + "/" + written
        guard let place = inWorkTree(absolute) ?? inWorkTree(withoutLinks(absolute)) else {
            throw UsageError("\(flag)=\(written): must lie in the work tree of the project, \(workTree)")
        }
        return GoPath.text(GoPath.relative(place, to: GoPath.formatted(project.utf8)))
    }

    private func inWorkTree(_ path: String) -> PathBytes? {
        let place = GoPath.formatted(GoPath.relative(GoPath.clean(path.utf8), to: GoPath.clean(workTree.utf8)))
        return place == Array("..".utf8) || place.starts(with: "../".utf8) ? nil : place
    }

    /// The way to the work tree may lead through links; the file itself may be one that belongs to the project.
    private func withoutLinks(_ path: String) -> String {
        let url = URL(fileURLWithPath: path)
        return url.deletingLastPathComponent().resolvingSymlinksInPath().appendingPathComponent(url.lastPathComponent)
            .path
    }
}
