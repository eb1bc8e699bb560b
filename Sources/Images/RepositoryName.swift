// A repository: the registry's host, and the path on it.

/// `host[:port]/path`. Equal names are the same repository; the host is written in lower case where it stays a host.
package struct RepositoryName: Hashable, Sendable, CustomStringConvertible {
    /// `docker.io`, `localhost:5000`, `[::1]:5000`, `registry.example.com`.
    package let registry: String
    /// `library/nginx`, `team/app`.
    package let path: String

    /// Longest name with its host, in bytes (the limit of the distribution project).
    package static let bytesMax = 255
    package static let dockerHub = "docker.io"

    static let scratch = RepositoryName(registry: dockerHub, path: "library/scratch")

    private init(registry: String, path: String) { (self.registry, self.path) = (registry, path) }

    /// Takes a name without tag and digest, in the short forms of Docker Hub too.
    package init(_ text: String) throws(ImageError) { try self.init(text, within: text) }

    /// `whole` is what the user wrote, for the message.
    init(_ text: String, within whole: String) throws(ImageError) {
        guard !text.isEmpty else { throw .reference(text: whole, reason: "its name is empty") }
        let (host, path) = Self.splitHost(text)
        guard host.map(Self.isHost) ?? true else {
            throw .reference(text: whole, reason: "\(PrintableText.quoted(host ?? "")) isn't a host or host:port")
        }
        guard !path.utf8.contains(where: ASCII.isUpper) else {
            throw .reference(text: whole, reason: "a repository's path has no upper-case letters")
        }
        guard path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(Self.isPathComponent) else {
            throw .reference(
                text: whole,
                reason: "each part of a repository's path is lower-case letters and digits, "
                    + "separated by a dot, one or two underscores, or dashes")
        }
        let registry = Self.canonical(host)
        self.registry = registry
        self.path = registry == Self.dockerHub && !path.contains("/") ? "library/" + path : path
        guard description.utf8.count <= Self.bytesMax else {
            throw .reference(text: whole, reason: "the repository's name is longer than \(Self.bytesMax) bytes")
        }
    }

    package var description: String { registry + "/" + path }

    /// The first part is a host when it looks like one, or has letters that no path may have.
    private static func splitHost(_ text: String) -> (host: String?, path: String) {
        guard let slash = text.firstIndex(of: "/") else { return (nil, text) }
        let first = String(text[..<slash])
        return looksLikeHost(first) ? (first, String(text[text.index(after: slash)...])) : (nil, text)
    }

    private static func looksLikeHost(_ part: String) -> Bool {
        part == "localhost" || part.utf8.contains { $0 == 0x2E || $0 == 0x3A || ASCII.isUpper($0) }
    }

    /// `HOST/app` keeps its letters: as `host/app` it would be read as a repository of Docker Hub.
    private static func canonical(_ host: String?) -> String {
        guard let host else { return dockerHub }
        let lower = host.lowercased()
        guard looksLikeHost(lower) else { return host }
        return lower == "index.docker.io" ? dockerHub : lower
    }

    private static func isHost(_ text: String) -> Bool {
        if text.hasPrefix("[") { return isBracketedAddress(text) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count < 2 || isPort(parts[1]) else { return false }
        return parts[0].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return ASCII.isAlphanumeric(first) && ASCII.isAlphanumeric(last)
                && label.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == 0x2D }
        }
    }

    private static func isBracketedAddress(_ text: String) -> Bool {
        guard let end = text.firstIndex(of: "]") else { return false }
        let address = text[text.index(after: text.startIndex)..<end]
        let rest = text[text.index(after: end)...]
        let isAddress =
            address.contains(":")
            && address.utf8.allSatisfy { $0 == 0x3A || ASCII.isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
        return isAddress && (rest.isEmpty || (rest.first == ":" && isPort(rest.dropFirst())))
    }

    private static func isPort(_ text: some StringProtocol) -> Bool {
        (1...5).contains(text.utf8.count) && text.utf8.allSatisfy(ASCII.isDigit)
            && (1...65_535).contains(Int(text) ?? 0)
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
    private static func isPathComponent(_ text: Substring) -> Bool {
        var separator: [UInt8] = []
        var needsLetter = true
        for byte in text.utf8 {
            if ASCII.isLower(byte) || ASCII.isDigit(byte) {
                guard separator.isEmpty || isSeparator(separator) else { return false }
                separator = []
                needsLetter = false
            } else {
                guard !needsLetter || !separator.isEmpty else { return false }
                separator.append(byte)
                needsLetter = true
            }
        }
        return !needsLetter
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        bytes == [0x2E] || bytes == [0x5F] || bytes == [0x5F, 0x5F] || bytes.allSatisfy { $0 == 0x2D }
    }
}
