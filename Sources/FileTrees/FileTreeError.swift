// What can be wrong with a tree, a glob, or the files of a context.
package import SystemPackage

package enum FileTreeError: Error, Equatable, CustomStringConvertible {
    /// A pattern that cannot be understood: the pattern, and why.
    case badPattern(String, String)
    case tooManyAlternatives(String, limit: Int)
    case tooManyFiles(limit: Int)
    case tooManyNames(bytesMax: Int)
    case tooDeep(path: String, limit: Int)
    /// A name that no tree may have (`..`, `.git`, a slash), and the folder it stands in.
    case badName(String, folder: String)
    case malformedTree(String, String)
    case submoduleMissing(path: String)
    /// A socket, fifo or device: its path and what it is.
    case specialFile(path: String, kind: String)
    case noMatch([String])
    case newlineInName(String)
    case system(operation: String, path: String, code: Errno)
    /// A symbolic link where a folder has to be.
    case throughLink(path: String)
    /// A path of contextAddFiles, from the context's root, at which nothing stands.
    case addedFileMissing(path: String)
    case fileTooLarge(path: String, bytes: Int, limitBytes: Int)
    /// A file that was listed and changed or vanished before it was read.
    case changedWhileRead(path: String)

    package var description: String {
        switch self {
        case .badPattern(let pattern, let reason):
            "the pattern \"\(pattern)\" is not valid: \(reason). Write a backslash before a character that is meant as itself."
        case .tooManyAlternatives(let pattern, let limit):
            "the pattern \"\(pattern)\" stands for more than \(limit) alternatives. Write several shorter patterns."
        case .tooManyFiles(let limit):
            "the tree holds more than \(limit) files. Is it what you meant to build from?"
        case .tooManyNames(let bytesMax):
            "the names of the tree's files have more than \(bytesMax) bytes. Is it what you meant to build from?"
        case .tooDeep(let path, let limit):
            "\(path): folders are nested more than \(limit) levels deep."
        case .badName(let name, let folder):
            "the folder \"\(folder)\" holds an entry named \"\(name)\", which is not allowed in a tree."
        case .malformedTree(let id, let reason):
            "the git tree \(id) cannot be read: \(reason). `git fsck` says more."
        case .submoduleMissing(let path):
            "the submodule \"\(path)\" is not checked out at the commit that is built. "
                + "Run `git submodule update --init --recursive`."
        case .specialFile(let path, let kind):
            "\(path): is a \(kind): only files, folders and links can be hashed and be part of a build context. Remove it or "
                + "ignore it."
        case .noMatch(let globs):
            "no glob matches for globs: \(globs.joined(separator: " ")). Nothing in the build context has such a name."
        case .newlineInName(let path):
            "the file name \"\(path)\" holds a line break, so that its folder has no checksum. Rename the file."
        case .system(let operation, let path, .noSpace), .system(let operation, let path, .diskQuotaExceeded):
            "\(path): \(operation) failed: no space is left on the disk. Free some and build again."
        case .system(let operation, let path, let code):
            "\(path): \(operation) failed: \(code.description)."
        case .throughLink(let path):
            "\(path): leads through a symbolic link, which is not followed here. Name the file where it really is."
        case .addedFileMissing(let path):
            "\(path): is named by contextAddFiles, and no such file is in the context folder."
        case .fileTooLarge(let path, let bytes, let limit):
            "\(path): has \(bytes) bytes; at most \(limit) are read at once."
        case .changedWhileRead(let path):
            "\(path): the file changed while it was read. Run it again."
        }
    }
}
