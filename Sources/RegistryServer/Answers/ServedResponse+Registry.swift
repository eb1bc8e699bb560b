// Answers of the registry, put together.
import Digests
import HTTPMessages
import HTTPTypes

extension ServedResponse {
    static let jsonType = "application/json"

    /// An answer without a body.
    static func empty(_ status: HTTPResponse.Status, _ fields: HTTPFields = [:]) -> ServedResponse {
        ServedResponse(HTTPResponse(status: status, headerFields: fields))
    }

    static func document(
        _ bytes: [UInt8], type: String = jsonType, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
    ) -> ServedResponse {
        var fields = fields
        fields[.contentType] = type
        return ServedResponse(HTTPResponse(status: status, headerFields: fields), body: .bytes(bytes))
    }

    static func refused(_ refusal: RegistryRefusal) -> ServedResponse {
        let bytes = (try? ErrorDocument(refusal).json) ?? []
        return document(bytes, status: refusal.status, fields: refusal.fields)
    }

    static func created(at location: String, _ digest: BlobDigest, _ fields: HTTPFields = [:]) -> ServedResponse {
        var fields = fields
        fields[.location] = location
        fields[.contentDigest] = digest.description
        return empty(.created, fields)
    }

    /// Bytes of the body; nil where that shows only at its end.
    var bodyByteCount: Int64? {
        switch body {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(let part): part.count
        case .stream(let length, _): length
        }
    }

    /// What `HEAD` gets instead: all fields, and the length of the body that isn't sent.
    var withoutBody: ServedResponse {
        var copy = self
        if let count = bodyByteCount { copy.head.headerFields[.contentLength] = String(count) }
        copy.body = .none
        return copy
    }
}
