// What can go wrong between a build and a git repository, in sentences.
package import SystemPackage

package enum GitError: Error, Equatable, CustomStringConvertible {
    case programMissing
    case notARepository(String)
    case bareRepository(String)
    case noWorkTree(String)
    case noCommits(String)
    case notOurs(String)
    case outsideWorkTree(directory: String, workTree: String)
    /// The arguments of git, how it ended, and what it said.
    case failed(command: String, status: String, message: String)
    case unexpectedOutput(command: String, String)
    case outputTooLarge(command: String, limitBytes: Int)
    case objectMissing(String, repository: String)
    case objectTooLarge(String, bytes: Int, limitBytes: Int)
    case unexpectedObject(String, wanted: String, found: String)
    case branchIsCheckedOut(String)
    case system(operation: String, path: String, code: Errno)
    /// The files, from the project's root, that differ from the commit.
    case uncommitted([String])
    case linkLeavesRepository(path: String, target: String)
    case tooManyLinks(path: String)
    case linkTargetNotAllowed(path: String, target: String)
    case notAFile(path: String)

    package var description: String {
        switch self {
        case .programMissing:
            "the program git was not found in PATH. Install git 2.38 or newer."
        case .notARepository(let path):
            "\(path): is not inside a git repository. Run `git init` there and commit the project, or use --dir."
        case .bareRepository(let path):
            "\(path): is a bare git repository; a build needs one with a work tree. Clone it without --bare."
        case .noWorkTree(let path):
            "\(path): is git's own folder, not a work tree. Start the build in the project's folder."
        case .noCommits(let path):
            "\(path): the git repository has no commits yet. Commit the project first: `git add -A && git commit`."
        case .notOurs(let path):
            "\(path): git does not trust the owner of this repository. "
                + "Run `git config --global --add safe.directory \(path)`."
        case .outsideWorkTree(let directory, let workTree):
            "\(directory): is outside of the git work tree \(workTree). Check --dir and --git-work-tree."
        case .failed(let command, let status, let message):
            "git \(command) \(status)" + (message.isEmpty ? "." : ": \(message)")
        case .unexpectedOutput(let command, let output):
            "git \(command) printed what was not expected: \(output)"
        case .outputTooLarge(let command, let limit):
            "git \(command) printed more than \(limit) bytes."
        case .objectMissing(let id, let repository):
            "the git object \(id) is missing in \(repository). "
                + "In a partial or shallow clone fetch it: `git fetch --unshallow`; otherwise `git fsck` says more."
        case .objectTooLarge(let id, let bytes, let limit):
            "the git object \(id) has \(bytes) bytes; at most \(limit) are read at once."
        case .unexpectedObject(let id, let wanted, let found):
            "the git object \(id) is a \(found), not a \(wanted)."
        case .branchIsCheckedOut(let branch):
            "the branch \(branch) is checked out; the development mode needs a branch of its own (--dev-branch)."
        case .system(let operation, let path, .noSpace), .system(let operation, let path, .diskQuotaExceeded):
            "\(path): \(operation) failed: no space is left on the disk. Free some and build again."
        case .system(let operation, let path, let code):
            "\(path): \(operation) failed: \(code.description)."
        case .uncommitted(let paths):
            Self.uncommittedText(paths)
        case .linkLeavesRepository(let path, let target):
            "\(path): is a link to \(target), which is outside of the project's git repository."
        case .tooManyLinks(let path):
            "\(path): too many levels of symbolic links."
        case .linkTargetNotAllowed(let path, let target):
            "\(path): may be uncommitted, but its link target \(target) may not. Allow it in werf-giterminism.yaml too."
        case .notAFile(let path):
            "\(path): is not a regular file."
        }
    }

    /// Files that a message lists by name.
    private static let namesMax = 20

    private static func uncommittedText(_ paths: [String]) -> String {
        let shown = paths.prefix(namesMax)
        let more = paths.count > shown.count ? "\n - and \(paths.count - shown.count) more" : ""
        let quoted = shown.map(shellQuoted).joined(separator: " ")
        let hint =
            "Commit: `git add \(quoted)` and `git commit`; "
            + "or build with --dev, which takes uncommitted changes as they are."
        if paths.count == 1 { return "the file \"\(paths[0])\" must be committed. \(hint)" }
        return "the following files must be committed:\n - \(shown.joined(separator: "\n - "))\(more)\n\(hint)"
    }

    private static func shellQuoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "/._-+@%=:,".utf8.contains(byte)
        }
        return isPlain && !text.isEmpty && !text.hasPrefix("-")
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
