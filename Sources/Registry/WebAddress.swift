// An http or https address, parsed strictly: what is compared here is exactly what is sent.

/// Scheme, host, port, and path with query; the fragment is dropped, names and passwords are refused.
///
/// Hosts of two addresses decide whether credentials may follow, so that nothing is left to another parser's
/// opinion: the text given to the HTTP client is written from these parts.
struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    enum Scheme: String, Sendable {
        case http, https

        var usualPort: Int { self == .http ? 80 : 443 }
    }

    let scheme: Scheme
    /// Lower case; an IPv6 address keeps its brackets.
    let host: String
    let port: Int
    /// Begins with a slash; only printable ASCII, the rest percent-encoded.
    let target: String

    /// Longest address taken, in bytes; signed addresses of object stores have about 2,000.
    static let bytesMax = 16 << 10

    init(scheme: Scheme, host: String, port: Int, target: String) {
        (self.scheme, self.host, self.port, self.target) = (scheme, host, port, target)
    }

    /// Nil unless `text` is an absolute http or https address without a name or password.
    init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax, let colon = text.range(ofFirst: "://"),
            let scheme = Scheme(rawValue: text[..<colon.lowerBound].lowercased())
        else { return nil }
        let rest = text[colon.upperBound...].prefix { $0 != "#" }
        let end = rest.firstIndex { "/?\\".contains($0) } ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<end], scheme) else { return nil }
        let path = rest[end...]
        let target = Self.encoded(path.hasPrefix("/") ? path : "/" + path)
        self.init(scheme: scheme, host: host, port: port, target: target)
    }

    /// RFC 3986 §5.2 as far as servers use it: absolute, `//host/…`, `/path`, `?query`, or relative to the folder.
    func resolving(_ reference: String) -> WebAddress? {
        guard reference.utf8.count <= Self.bytesMax else { return nil }
        if reference.hasPrefix("//") { return WebAddress(scheme.rawValue + ":" + reference) }
        if let slash = reference.range(ofFirst: "://"),
            !reference[..<slash.lowerBound].contains(where: { "/?#".contains($0) })
        {
            return WebAddress(reference)
        }
        let reference = reference.prefix { $0 != "#" }
        if reference.hasPrefix("/") { return with(target: Self.encoded(reference)) }
        if reference.hasPrefix("?") || reference.isEmpty { return with(target: path + Self.encoded(reference)) }
        let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return with(target: folder + Self.encoded(reference))
    }

    func with(target: String) -> WebAddress {
        WebAddress(scheme: scheme, host: host, port: port, target: target)
    }

    /// The same address with one more query item, which is percent-encoded here.
    func adding(_ name: String, _ value: String) -> WebAddress {
        with(target: target + (target.contains("?") ? "&" : "?") + name + "=" + Self.encodedItem(value))
    }

    /// Without the query.
    var path: String { String(target.prefix { $0 != "?" }) }

    /// `host` or `host:port`.
    var hostAndPort: String { port == scheme.usualPort ? host : "\(host):\(port)" }

    /// The whole address. It may carry a signature in its query: never log it.
    var text: String { "\(scheme.rawValue)://\(hostAndPort)\(target)" }

    /// Without the query, which may hold signatures and tokens.
    var description: String { "\(scheme.rawValue)://\(hostAndPort)\(path)" }

    var isLoopback: Bool { Self.isLoopback(host) }

    /// RFC 6454.
    var origin: String { "\(scheme)://\(host):\(port)" }

    func isSameOrigin(as other: WebAddress) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Bytes that an address can't hold become `%XX`; a percent sign stays as it is.
    private static func encoded(_ text: some StringProtocol) -> String {
        percentEncoded(text) { (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
    }

    /// A value inside a query: RFC 3986's unreserved characters, slash and colon stay.
    static func encodedItem(_ text: some StringProtocol) -> String {
        percentEncoded(text) { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-._~/:".utf8.contains(byte)
            }
        }
    }

    private static func percentEncoded(_ text: some StringProtocol, keeping keeps: (UInt8) -> Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if keeps(byte) {
                bytes.append(byte)
            } else {
                bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `%XX` become bytes; a text that these make no UTF-8 of stays as it is.
    static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == 0x25, digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? text
    }

    private static func authority(_ text: Substring, _ scheme: Scheme) -> (host: String, port: Int)? {
        let text = text.lowercased()
        let end =
            text.hasPrefix("[") ? text.firstIndex(of: "]").map { text.index(after: $0) } : text.firstIndex(of: ":")
        let host = String(text[..<(end ?? text.endIndex)])
        guard isHost(host) else { return nil }
        let rest = text[(end ?? text.endIndex)...]
        if rest.isEmpty || rest == ":" { return (host, scheme.usualPort) }
        guard rest.first == ":", rest.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(rest.dropFirst()), (1...65_535).contains(port)
        else { return nil }
        return (host, port)
    }

    private static func isHost(_ host: String) -> Bool {
        if host.hasPrefix("[") {
            let inside = host.dropFirst().dropLast()
            return host.hasSuffix("]") && inside.contains(":")
                && inside.utf8.allSatisfy {
                    $0 == 0x3A || $0 == 0x2E || (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
                }
        }
        return !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
            }
    }
}

extension StringProtocol {
    /// The first place where `text` stands.
    func range(ofFirst text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
