// What can go wrong with a layer, in sentences for the person who builds.
package import Digests
package import SystemPackage

package enum LayerError: Error, Equatable, CustomStringConvertible {
    /// A system call failed; `path` is text for people, not a path to open.
    case system(action: String, path: String, code: Errno)
    /// The directory cannot be written as a layer.
    case unfit(path: String, reason: String)
    /// An archive's entry is not taken: it tries to reach outside, or names what no honest archive names.
    case refused(entry: String, reason: String)
    /// An archive is larger in some way than the named bound.
    case exceeded(limit: String, allowed: Int64, entry: String)
    /// The bytes are no archive, or a broken one.
    case damaged(reason: String)
    /// The uncompressed bytes are whole but not those that were asked for.
    case wrongDiffID(expected: BlobDigest, actual: BlobDigest)
    /// The process's character set would change the bytes of a layer.
    case wrongLocale(found: String)

    package var description: String {
        switch self {
        case .system(let action, let path, .noSpace):
            "cannot \(action) \(path): no space is left on the disk; free some and build again"
        case .system(let action, let path, let code): "cannot \(action) \(path): \(code.description)"
        case .unfit(let path, let reason): "\(path) cannot become part of a layer: \(reason)"
        case .refused(let entry, let reason): "archive entry \(entry) is refused: \(reason)"
        case .exceeded(let limit, let allowed, let entry):
            "the archive exceeds \(limit) (\(allowed) allowed) at entry \(entry)"
        case .damaged(let reason): "the archive cannot be read: \(reason)"
        case .wrongDiffID(let expected, let actual):
            "the layer's contents are \(actual), not \(expected) as its image says; fetch it from another place"
        case .wrongLocale(let found):
            "layers can be written and read only in the C.UTF-8 character set, the process is in \(found)"
        }
    }

    /// True when the cause is a full disk or an exhausted quota.
    package var isDiskFull: Bool {
        guard case .system(_, _, let code) = self else { return false }
        return code == .noSpace || code == .diskQuotaExceeded
    }
}

/// File names as bytes, shown to people.
package enum PathText {
    private static let shownBytesMax = 256

    /// UTF-8 with control characters and broken sequences made visible; long names end in an ellipsis.
    package static func printable(_ bytes: [UInt8]) -> String {
        var text = "\""
        for scalar in String(decoding: bytes.prefix(shownBytesMax), as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\n": text += "\\n"
            case _ where scalar.value < 32 || scalar.value == 127: text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + (bytes.count > shownBytesMax ? "…\"" : "\"")
    }
}
