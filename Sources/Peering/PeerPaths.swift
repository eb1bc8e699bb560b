// The paths of the peers listener, and the small parts of HTTP that both ends need.
import Digests
import HTTPTypes

enum PeerPath {
    static let calls = "/weft/calls"
    static let files = "/weft/files"
    static let wantedFiles = "/weft/files/wanted"
    static let blobs = "/weft/blobs/"
    /// Of the distribution-spec.
    static let registry = "/v2/"

    static func blob(_ digest: BlobDigest) -> String { blobs + digest.description }
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
