// The paths of the peers listener, and the small parts of HTTP that both ends need.
import Digests
import HTTPTypes

enum PeerPath {
    static let calls = "/weft/calls"
    static let files = "/weft/files"
    static let wantedFiles = "/weft/files/wanted"
    static let blobs = "/weft/blobs/"
    /// What is here of a blob, and who else fetches it.
    static let parts = "/weft/parts/"
    /// The digests of the parts of a blob that is here whole.
    static let partDigests = "/weft/part-digests/"
    /// Of the distribution-spec.
    static let registry = "/v2/"

    static func blob(_ digest: BlobDigest) -> String { blobs + digest.description }
    static func parts(_ digest: BlobDigest) -> String { parts + digest.description }
    static func partDigests(_ digest: BlobDigest) -> String { partDigests + digest.description }
}

extension HTTPRequest {
    static func peer(_ method: HTTPRequest.Method, _ path: String) -> HTTPRequest {
        HTTPRequest(method: method, scheme: "https", authority: "weft", path: path)
    }
}

extension HTTPField.Name {
    /// Bytes of a body that comes in pieces; content-length is the transport's.
    static let weftSize = HTTPField.Name("weft-size") ?? .contentLength
}
