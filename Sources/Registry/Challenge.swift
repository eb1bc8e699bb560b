// WWW-Authenticate, as registries use it (RFC 9110 §11.6.1; the distribution project's token authentication).
import NIOHTTP1

/// One way in which a registry wants to know us.
enum Challenge: Hashable, Sendable {
    case basic
    case bearer(realm: String, service: String?, scope: String?)

    /// Most challenges taken from one answer.
    static let countMax = 8
    /// Longest header taken, in bytes.
    static let headerBytesMax = 8 << 10

    /// What the answer offers, Bearer first; unknown schemes are left out.
    static func parse(_ headers: [String]) -> [Challenge] {
        var found: [Challenge] = []
        for header in headers.prefix(countMax) where header.utf8.count <= headerBytesMax {
            var reader = ChallengeReader(header)
            while found.count < countMax, let (scheme, parameters) = reader.next() {
                switch scheme {
                case "basic": found.append(.basic)
                case "bearer":
                    guard let realm = parameters["realm"] else { continue }
                    found.append(.bearer(realm: realm, service: parameters["service"], scope: parameters["scope"]))
                default: continue
                }
            }
        }
        return found.filter { $0 != .basic } + found.filter { $0 == .basic }
    }
}

/// Reads `Scheme name=value, name="value", Scheme2 …`; stops at the first thing that doesn't fit.
private struct ChallengeReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ header: String) { bytes = Array(header.utf8) }

    mutating func next() -> (scheme: String, parameters: [String: String])? {
        skip(" \t,")
        guard let scheme = token() else { return nil }
        var parameters: [String: String] = [:]
        while true {
            let start = place
            skip(" \t,")
            guard let name = token() else { break }
            skip(" \t")
            guard take(UInt8(ascii: "=")) else {
                // A name without a value begins the next challenge.
                place = start
                break
            }
            skip(" \t")
            guard let value = quoted() ?? token() else { break }
            parameters[name.lowercased()] = value
        }
        return (scheme.lowercased(), parameters)
    }

    private mutating func skip(_ characters: String) {
        while place < bytes.count, characters.utf8.contains(bytes[place]) { place += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func token() -> String? {
        let start = place
        while place < bytes.count, (0x21...0x7E).contains(bytes[place]), !"=,\" \t".utf8.contains(bytes[place]) {
            place += 1
        }
        return place > start ? String(decoding: bytes[start..<place], as: UTF8.self) : nil
    }

    private mutating func quoted() -> String? {
        let start = place
        guard take(UInt8(ascii: "\"")) else { return nil }
        var value: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), place < bytes.count {
                value.append(bytes[place])
                place += 1
            } else {
                value.append(byte)
            }
        }
        place = start
        return nil
    }
}
