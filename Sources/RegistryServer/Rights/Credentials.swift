// The header `Authorization` (RFC 7617, RFC 6750).
import FoundationEssentials

enum Credentials: Hashable, Sendable {
    case none
    case basic(user: String, password: [UInt8])
    case bearer(String)
    /// Another scheme, or no letters that could be one of these.
    case unreadable

    /// Bytes of the header.
    static let bytesMax = 8_192

    init(_ header: String?) {
        guard let header, !header.isEmpty else {
            self = .none
            return
        }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard header.utf8.count <= Self.bytesMax, parts.count == 2 else {
            self = .unreadable
            return
        }
        switch parts[0].lowercased() {
        case "basic": self = Self.basic(parts[1])
        case "bearer": self = .bearer(String(parts[1]))
        default: self = .unreadable
        }
    }

    private static func basic(_ text: Substring) -> Credentials {
        guard let data = Data(base64Encoded: String(text)), let colon = data.firstIndex(of: UInt8(ascii: ":")),
            let user = String(validating: data[..<colon], as: UTF8.self)
        else { return .unreadable }
        let password = Array(data[data.index(after: colon)...])
        // What some clients send when they have none.
        return user.isEmpty && password.isEmpty ? .none : .basic(user: user, password: password)
    }
}
