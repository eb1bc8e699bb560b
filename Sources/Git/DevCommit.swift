// The development mode's commit: the work tree as it is, without touching the user's index, files or branches.
package import FileTrees
import SystemPackage

extension Repository {
    /// Branch of the development mode, as in werf.
    package static let devBranch = "_werf-dev"

    /// A commit of all tracked and untracked files (`.gitignore` respected) but those that a pattern of `ignore`
    /// names, which stay as they are in HEAD. It is kept on `branch`; equal content gives the same commit again, and
    /// HEAD itself when nothing was ever changed. The objects go into the repository's store.
    package func devCommit(ignore: [String] = [], branch: String = devBranch) throws -> Commit {
        let reference = "refs/heads/" + branch
        let current = try git.ask(["symbolic-ref", "--quiet", "HEAD"], in: workTree)
        guard Self.line(current.output) != reference else { throw GitError.branchIsCheckedOut(branch) }
        let tree = try workTreeTree(ignore: ignore)
        let tip = try tip(of: reference)
        let isHeadIncluded = try tip.map { try isAncestor(head, of: $0.id) } ?? true
        let last = try tip ?? commit(head)
        if last.tree == tree, isHeadIncluded {
            if tip == nil { try move(reference, to: last.id, from: nil) }
            return last
        }
        let parents = [last.id] + (isHeadIncluded ? [] : [head])
        let new = try commitTree(tree, parents: parents)
        try move(reference, to: new, from: tip?.id)
        return try commit(new)
    }

    /// The tree of the work tree, made in an index of our own that begins as a copy of the user's: unchanged files
    /// are then not read again.
    private func workTreeTree(ignore: [String]) throws -> ObjectID {
        let scratch = try ScratchFolder()
        defer { scratch.remove() }
        let index = scratch.path.appending("index")
        let variables = ["GIT_INDEX_FILE=\(index.string)"]
        let isCopied: Bool
        do {
            isCopied = try Self.copy(gitDirectory.appending("index"), to: index)
        } catch let error as Errno {
            throw GitError.system(operation: "copying git's index", path: index.string, code: error)
        }
        if !isCopied {
            _ = try git.run(["read-tree", head.hex], in: workTree, variables: variables)
        }
        if !ignore.isEmpty {
            // Staged changes of ignored files are taken back.
            let patterns = Self.pathspecs(ignore.map { ":(top,glob)" + $0 } + ignore.map { ":(top)" + $0 })
            let reset = ["reset", "--quiet", head.hex, "--pathspec-from-file=-", "--pathspec-file-nul"]
            _ = try git.run(reset, in: workTree, input: patterns, variables: variables)
        }
        let add = ["add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"]
        let everything = Self.pathspecs([":."] + ignore.map { ":!" + $0 })
        _ = try git.run(add, in: workTree, input: everything, variables: variables)
        return try id(git.run(["write-tree"], in: workTree, variables: variables), of: "write-tree")
    }

    private func commitTree(_ tree: ObjectID, parents: [ObjectID]) throws -> ObjectID {
        let identity = ["AUTHOR", "COMMITTER"].flatMap { ["GIT_\($0)_NAME=werf", "GIT_\($0)_EMAIL=werf@werf.io"] }
        let arguments = ["commit-tree", tree.hex] + parents.flatMap { ["-p", $0.hex] }
        let message = Array("Work tree in development mode\n".utf8)
        let output = try git.run(arguments, in: workTree, input: message, variables: identity)
        return try id(output, of: "commit-tree")
    }

    private func tip(of reference: String) throws -> Commit? {
        let arguments = ["rev-parse", "--verify", "--quiet", reference + "^{commit}"]
        let answer = try git.ask(arguments, in: workTree)
        return answer.status == .exited(0) ? try commit(id(answer.output, of: "rev-parse")) : nil
    }

    /// Only when the branch is still where it was seen.
    private func move(_ reference: String, to new: ObjectID, from old: ObjectID?) throws(GitError) {
        let before = old?.hex ?? String(repeating: "0", count: new.hex.utf8.count)
        _ = try git.run(["update-ref", "-m", "development mode", reference, new.hex, before], in: workTree)
    }

    /// True when `ancestor` is `commit` or one of its ancestors.
    package func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) throws(GitError) -> Bool {
        let arguments = ["merge-base", "--is-ancestor", ancestor.hex, commit.hex]
        let answer = try git.ask(arguments, in: workTree)
        switch answer.status {
        case .exited(0): return true
        case .exited(1): return false
        default: throw git.failure(arguments, answer, in: workTree)
        }
    }

    private func id(_ output: [UInt8], of command: String) throws(GitError) -> ObjectID {
        let line = Self.line(output)
        guard let id = ObjectID(line) else { throw .unexpectedOutput(command: command, line) }
        return id
    }

    private static func line(_ output: [UInt8]) -> String {
        String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func pathspecs(_ specs: [String]) -> [UInt8] { Array(specs.joined(separator: "\0").utf8) }

    /// False when there is no `source`.
    private static func copy(_ source: FilePath, to target: FilePath) throws -> Bool {
        guard let from = try? FileDescriptor.open(source, .readOnly, options: [.closeOnExec]) else { return false }
        defer { try? from.close() }
        let options: FileDescriptor.OpenOptions = [.create, .exclusiveCreate, .closeOnExec]
        let to = try FileDescriptor.open(target, .writeOnly, options: options, permissions: .ownerReadWrite)
        defer { try? to.close() }
        var buffer = [UInt8](repeating: 0, count: 1_024 * 1_024)
        while case let count = try unsafe buffer.withUnsafeMutableBytes({ try unsafe from.read(into: $0) }), count > 0 {
            _ = try to.writeAll(buffer[..<count])
        }
        return true
    }
}
