// A request that isn't done, in the form that the distribution-spec gives to errors ("Error codes").
import HTTPTypes

struct RegistryRefusal: Error, Sendable {
    enum Code: String, Sendable, CaseIterable {
        case blobUnknown = "BLOB_UNKNOWN"
        case uploadInvalid = "BLOB_UPLOAD_INVALID"
        case uploadUnknown = "BLOB_UPLOAD_UNKNOWN"
        case digestInvalid = "DIGEST_INVALID"
        case manifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
        case manifestInvalid = "MANIFEST_INVALID"
        case manifestUnknown = "MANIFEST_UNKNOWN"
        case nameInvalid = "NAME_INVALID"
        case nameUnknown = "NAME_UNKNOWN"
        case sizeInvalid = "SIZE_INVALID"
        case unauthorized = "UNAUTHORIZED"
        case denied = "DENIED"
        case unsupported = "UNSUPPORTED"
        case tooManyRequests = "TOOMANYREQUESTS"
        // Not in the spec; the distribution project has the first two.
        case pageInvalid = "PAGINATION_NUMBER_INVALID"
        case unavailable = "UNAVAILABLE"
        case diskFull = "INSUFFICIENT_STORAGE"
        case unknown = "UNKNOWN"

        var status: HTTPResponse.Status {
            switch self {
            case .blobUnknown, .uploadUnknown, .manifestUnknown, .nameUnknown: .notFound
            case .uploadInvalid, .digestInvalid, .manifestBlobUnknown, .manifestInvalid, .nameInvalid, .sizeInvalid,
                .pageInvalid:
                .badRequest
            case .unauthorized: .unauthorized
            case .denied: .forbidden
            case .unsupported: .methodNotAllowed
            case .tooManyRequests: .tooManyRequests
            case .unavailable: .serviceUnavailable
            case .diskFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
            case .unknown: .internalServerError
            }
        }
    }

    let code: Code
    let status: HTTPResponse.Status
    /// For people; names nothing that the caller may not see.
    let message: String
    var fields: HTTPFields

    init(_ code: Code, _ message: String, status: HTTPResponse.Status? = nil, fields: HTTPFields = [:]) {
        self.code = code
        self.status = status ?? code.status
        self.message = message
        self.fields = fields
    }
}
