// What can be wrong with keys, certificates and their files: clear values, each with what to do.
import SystemPackage

/// `what` names the file, or whose certificate it is.
package enum AuthorityError: Error, Equatable, Sendable {
    /// A file call failed; `code` is errno.
    case file(action: String, path: String, code: Int32)
    /// A file that would be overwritten.
    case exists(path: String)
    case missing(path: String)
    /// A file of more bytes than such files have.
    case tooLarge(path: String, bytesMax: Int)
    /// Everybody on the host may read a private key.
    case openKey(path: String, mode: UInt32)
    /// PEM or DER that can't be read.
    case unreadable(what: String, why: String)
    /// A certificate or request that can be read and is not one of a mesh.
    case unfit(what: String, why: String)
    case badName(name: String, why: String)
    case badAddress(text: String)
    /// The authority's own certificate is over.
    case authorityEnded(name: String)
    /// A line of the deny list or of the token file.
    case badLine(file: String, line: Int, why: String)
}

extension AuthorityError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let action, let path, let code): "can't \(action) \(path): \(Errno(rawValue: code))."
        case .exists(let path):
            "\(path) exists already. Nothing was changed. Choose another folder, or say --force to replace it."
        case .missing(let path): "\(path) does not exist."
        case .tooLarge(let path, let bytesMax): "\(path) is longer than \(bytesMax) bytes."
        case .openKey(let path, let mode):
            "\(path) is a private key, and everybody on this host may open it (mode \(Self.octal(mode))). "
                + "Run `chmod 600 \(path)`; if others may have read it, issue a new one."
        case .unreadable(let what, let why): "\(what) can't be read: \(why)."
        case .unfit(let what, let why): "\(what) is not valid in a mesh: \(why)."
        case .badName(let name, let why): "`\(name)` is no name for a node, client or class: \(why)."
        case .badAddress(let text):
            "`\(text)` is neither an IP address nor a DNS name. Write it as in `10.0.0.1` or `a.example.com`."
        case .authorityEnded(let name):
            "the certificate of `\(name)` is no longer valid. Make a new mesh authority with `weft ca init`."
        case .badLine(let file, let line, let why): "\(file):\(line): \(why)."
        }
    }

    private static func octal(_ mode: UInt32) -> String { "0" + String(mode & 0o7777, radix: 8) }
}
