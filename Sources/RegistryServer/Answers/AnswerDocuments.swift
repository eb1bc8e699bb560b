// The JSON documents that the server itself writes.
import FoundationEssentials

struct ErrorDocument: Encodable {
    struct Entry: Encodable {
        let code: String
        let message: String
    }

    let errors: [Entry]

    init(_ refusal: RegistryRefusal) { errors = [Entry(code: refusal.code.rawValue, message: refusal.message)] }
}

struct TagsDocument: Encodable {
    let name: String
    let tags: [String]
}

struct CatalogDocument: Encodable {
    let repositories: [String]
}

/// Both names of the token: older clients know only the one, newer ones only the other.
struct TokenDocument: Encodable {
    let token: String
    let accessToken: String
    /// Seconds.
    let expiresIn: Int

    enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case expiresIn = "expires_in"
    }
}

struct ReferrersDocument: Encodable {
    let schemaVersion = 2
    let mediaType = "application/vnd.oci.image.index.v1+json"
    let manifests: [Referrer]

    enum CodingKeys: String, CodingKey {
        case schemaVersion, mediaType, manifests
    }
}

extension Encodable {
    /// Members in the order of their names, so that equal answers are equal bytes.
    var json: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self))
        }
    }
}
