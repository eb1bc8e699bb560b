// The git repository that a project lives in: found from a folder, with the commit that is built.
package import FileTrees
import Glibc
package import SystemPackage

// Safety: realpath(3) gives a string that is copied and freed at once.

package struct Repository: Sendable {
    /// The top of the work tree, without links.
    package let workTree: FilePath
    /// Where git keeps this work tree's index and HEAD.
    package let gitDirectory: FilePath
    /// HEAD's commit.
    package let head: ObjectID
    /// The project's folder from the top of the work tree; empty at the top.
    package let projectPath: String
    /// True when history is cut off: ancestry questions may have no answer.
    package let isShallow: Bool
    package let objects: ObjectReader
    let git: GitProgram

    package var projectDirectory: FilePath {
        projectPath.isEmpty ? workTree : workTree.appending(projectPath)
    }

    /// Finds the repository around `directory`, the project's folder. `workTree` (`--git-work-tree`) names the top of
    /// the work tree when it is not the nearest one.
    package static func discover(
        from directory: FilePath, workTree: FilePath? = nil, git: GitProgram = GitProgram()
    ) throws(GitError) -> Repository {
        let project = try real(directory)
        let start = try workTree.map(real) ?? project
        let question = [
            "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--is-shallow-repository",
            "HEAD^{commit}", "--",
        ]
        let answer = try git.ask(question, in: start)
        guard answer.status == .exited(0) else { throw try problem(at: start, git, question, answer) }
        let lines = lines(of: answer)
        guard lines.count >= 4, let head = ObjectID(lines[3]) else {
            throw .unexpectedOutput(command: "rev-parse", String(decoding: answer.output, as: UTF8.self))
        }
        let top = FilePath(lines[0])
        guard workTree == nil || top == start, let path = path(of: project, in: top) else {
            throw .outsideWorkTree(directory: directory.string, workTree: (workTree ?? top).string)
        }
        return Repository(
            workTree: top, gitDirectory: FilePath(lines[1]), head: head, projectPath: path,
            isShallow: lines[2] == "true", objects: ObjectReader(git, repository: top), git: git)
    }

    /// Cut by bytes: the name of a folder may end in a carriage return, which with the line's end is one Character.
    private static func lines(of answer: GitProgram.Answer) -> [String] {
        answer.output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func real(_ path: FilePath) throws(GitError) -> FilePath {
        guard let resolved = unsafe realpath(path.string, nil) else {
            throw .system(
                operation: "looking for the folder", path: path.string, code: Errno(rawValue: errno))
        }
        defer { unsafe free(resolved) }
        return unsafe FilePath(String(cString: resolved))
    }

    private static func path(of project: FilePath, in top: FilePath) -> String? {
        var rest = project
        return rest.removePrefix(top) ? rest.string : nil
    }

    /// Why there is nothing to build from.
    private static func problem(
        at start: FilePath, _ git: GitProgram, _ question: [String], _ answer: GitProgram.Answer
    ) throws(GitError) -> GitError {
        if answer.message.contains("dubious ownership") { return .notOurs(start.string) }
        let kind = try git.ask(["rev-parse", "--is-bare-repository", "--is-inside-work-tree"], in: start)
        guard kind.status == .exited(0) else {
            let isAbsent = kind.message.contains("not a git repository")
            return isAbsent ? .notARepository(start.string) : git.failure(question, kind, in: start)
        }
        let facts = lines(of: kind)
        if facts.first == "true" { return .bareRepository(start.string) }
        if facts.last == "false" { return .noWorkTree(start.string) }
        let head = try git.ask(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], in: start)
        return head.status == .exited(0) ? git.failure(question, answer, in: start) : .noCommits(start.string)
    }

    package func commit(_ id: ObjectID) throws -> Commit { try objects.commit(id) }
}

extension ObjectReader {
    /// Bytes of a commit object.
    private static let commitMax = 16 * 1_024 * 1_024

    func commit(_ id: ObjectID) throws -> Commit {
        let bytes = try object(id, type: "commit", limitBytes: Self.commitMax)
        guard let commit = Commit(id: id, bytes: bytes) else {
            throw GitError.unexpectedOutput(
                command: "cat-file commit \(id)", String(decoding: bytes.prefix(200), as: UTF8.self))
        }
        return commit
    }
}
