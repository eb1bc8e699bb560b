// What can go wrong with the node's disk, in sentences for the person who builds.
package import Digests
package import SystemPackage

package enum StoreError: Error, Equatable, CustomStringConvertible {
    case system(action: String, path: String, code: Errno)
    case absentBlob(BlobDigest)
    case absentLayer(BlobDigest)
    /// The stored or received bytes are not those that the digest names; they were removed.
    case corrupt(expected: BlobDigest, actual: BlobDigest)
    case wrongSize(of: String, expected: Int64, actual: Int64)
    case tooLarge(what: String, byteCount: Int64, allowed: Int64)
    /// Another process is writing it.
    case busy(what: String)
    /// The layer's directory does not give the layer's bytes again.
    case notReproducible(expected: BlobDigest, actual: BlobDigest)
    case badName(kind: String, name: String)

    package var description: String {
        switch self {
        case .system(let action, let path, .noSpace), .system(let action, let path, .diskQuotaExceeded):
            "cannot \(action) \(path): no space is left on the disk; free some and build again"
        case .system(let action, let path, .improperLink):
            "cannot \(action) \(path): it lies on another file system than the store"
        case .system(let action, let path, let code): "cannot \(action) \(path): \(code.description)"
        case .absentBlob(let digest): "blob \(digest) is not in the store"
        case .absentLayer(let digest): "layer \(digest) is not in the store"
        case .corrupt(let expected, let actual):
            "blob \(expected) is damaged (its bytes are \(actual)); it was removed and has to be fetched again"
        case .wrongSize(let what, let expected, let actual):
            "\(what) should have \(expected) bytes and has \(actual)"
        case .tooLarge(let what, let byteCount, let allowed):
            "\(what) has \(byteCount) bytes, at most \(allowed) are taken"
        case .busy(let what): "another process is writing \(what)"
        case .notReproducible(let expected, let actual):
            "layer \(expected) cannot be made again from its files, which now give \(actual); fetch its blob instead"
        case .badName(let kind, let name):
            "\"\(name)\" is no name of a \(kind): letters, digits, \"_\", \".\" and \"-\""
        }
    }

    package var isDiskFull: Bool {
        guard case .system(_, _, let code) = self else { return false }
        return code == .noSpace || code == .diskQuotaExceeded
    }
}
