// Certificates and keys as files: read bounded, written whole or not at all, keys for their owner only.
import Glibc
package import SystemPackage

// Safety: C strings and buffers live for one call.

package enum CertificateFiles {
    /// Bytes of a file with certificates, a key, or a list.
    package static let bytesMax = 1 << 20
    static let keyMode: CInterop.Mode = 0o600
    static let certificateMode: CInterop.Mode = 0o644
    static let folderMode: CInterop.Mode = 0o700
    /// What "others" may have.
    private static let others: CInterop.Mode = 0o007

    package static func read(_ path: FilePath) throws(AuthorityError) -> String {
        guard let text = try text(path, isKey: false) else { throw .missing(path: path.string) }
        return text
    }

    /// Nil when there is no file.
    package static func readIfPresent(_ path: FilePath) throws(AuthorityError) -> String? {
        try text(path, isKey: false)
    }

    /// A private key's text; refused when everybody may open the file.
    static func readKey(_ path: FilePath) throws(AuthorityError) -> String {
        guard let text = try text(path, isKey: true) else { throw .missing(path: path.string) }
        return text
    }

    package static func exists(_ path: FilePath) -> Bool { unsafe access(path.string, F_OK) == 0 }

    /// The folder and those above it; the folder itself for its owner only when it is new.
    package static func makeFolder(_ path: FilePath) throws(AuthorityError) {
        var above: FilePath = path.isAbsolute ? "/" : "."
        for component in path.components {
            above.append(component)
            let code = unsafe mkdir(above.string, above.components.count == path.components.count ? folderMode : 0o755)
            guard code == 0 || errno == EEXIST || errno == EISDIR else { throw failure("make the folder", above) }
        }
    }

    /// Beside its place, synced, then moved there: a reader finds the old file or the new one.
    package static func write(
        _ text: String, to path: FilePath, isSecret: Bool, replaces: Bool
    ) throws(AuthorityError) {
        if !replaces, exists(path) { throw .exists(path: path.string) }
        let mode = isSecret ? keyMode : certificateMode
        let name = path.lastComponent?.string ?? "file"
        let draft = path.removingLastComponent().appending(".\(name).\(getpid()).new")
        _ = unsafe unlink(draft.string)
        do {
            let file = try FileDescriptor.open(
                draft, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow],
                permissions: FilePermissions(rawValue: mode))
            try file.closeAfter {
                // The user's mask took bits away.
                guard fchmod(file.rawValue, mode) == 0 else { throw Errno(rawValue: errno) }
                _ = try file.writeAll(Array(text.utf8))
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
        } catch {
            let problem = AuthorityError(error, "write", draft)
            _ = unsafe unlink(draft.string)
            throw problem
        }
        try place(draft, at: path, replaces: replaces)
    }

    static func move(_ path: FilePath, to target: FilePath) throws(AuthorityError) {
        guard unsafe rename(path.string, target.string) == 0 else { throw failure("write", target) }
    }

    static func remove(_ path: FilePath) { _ = unsafe unlink(path.string) }

    /// `link` takes no name that is in use, `rename` does.
    private static func place(_ draft: FilePath, at path: FilePath, replaces: Bool) throws(AuthorityError) {
        defer { if !replaces { _ = unsafe unlink(draft.string) } }
        if replaces {
            try move(draft, to: path)
        } else if unsafe link(draft.string, path.string) != 0 {
            throw errno == EEXIST ? .exists(path: path.string) : failure("write", path)
        }
    }

    private static func text(_ path: FilePath, isKey: Bool) throws(AuthorityError) -> String? {
        let bytes: [UInt8]
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            bytes = try file.closeAfter {
                var status = stat()
                guard unsafe fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
                guard !isKey || status.st_mode & others == 0 else {
                    throw AuthorityError.openKey(path: path.string, mode: status.st_mode)
                }
                return try all(of: file, path)
            }
        } catch {
            if error as? Errno == .noSuchFileOrDirectory { return nil }
            throw AuthorityError(error, "read", path)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func all(of file: FileDescriptor, _ path: FilePath) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = try unsafe part.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            if count == 0 { return bytes }
            bytes += part[..<count]
            guard bytes.count <= bytesMax else {
                throw AuthorityError.tooLarge(path: path.string, bytesMax: bytesMax)
            }
        }
    }

    static func failure(_ action: String, _ path: FilePath) -> AuthorityError {
        .file(action: action, path: path.string, code: errno)
    }
}

extension AuthorityError {
    /// Any error of a file call, with what was tried.
    init(_ error: any Error, _ action: String, _ path: FilePath) {
        switch error {
        case let known as AuthorityError: self = known
        case let code as Errno: self = .file(action: action, path: path.string, code: code.rawValue)
        default: self = .file(action: action, path: path.string, code: EIO)
        }
    }
}
