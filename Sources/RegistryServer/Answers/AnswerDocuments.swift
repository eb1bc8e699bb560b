// The JSON documents that the server itself writes, and those of them that it reads of peers.
import FoundationEssentials
import Images

struct ErrorDocument: Encodable {
    struct Entry: Encodable {
        let code: String
        let message: String
    }

    let errors: [Entry]

    init(_ refusal: RegistryRefusal) { errors = [Entry(code: refusal.code.rawValue, message: refusal.message)] }
}

struct TagsDocument: Codable {
    let name: String
    let tags: [String]
}

struct CatalogDocument: Codable {
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

/// The same as it is read.
struct ReceivedReferrers: Decodable {
    let manifests: [Referrer]
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

struct UnreadableAnswer: Error, CustomStringConvertible {
    var description: String { "its answer is not what was asked for" }
}

extension Decodable {
    /// `json`: of somebody else, within its bound.
    init(json: [UInt8]) throws(UnreadableAnswer) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(json))
        } catch { throw UnreadableAnswer() }
    }
}
