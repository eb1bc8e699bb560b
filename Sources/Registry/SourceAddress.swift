// An address of a Dockerfile's ADD, which may bear a name and a password.

/// `http://name:password@host/file`, taken apart: the address alone is what is compared, followed and shown.
struct SourceAddress {
    let address: WebAddress
    /// Basic's value for the address's own host; nil when it names nobody.
    let authorization: String?

    init?(_ text: String) {
        guard text.utf8.count <= WebAddress.bytesMax, let user = Self.userInfo(of: text) else {
            guard let address = WebAddress(text) else { return nil }
            (self.address, authorization) = (address, nil)
            return
        }
        let parts = text[user].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = WebAddress(Self.redacted(text)) else { return nil }
        let password = parts.count == 2 ? WebAddress.decoded(String(parts[1])) : ""
        self.address = address
        authorization = BasicHeader.value(user: WebAddress.decoded(String(parts[0])), password: password)
    }

    /// The text without name and password, also where it is no address.
    static func redacted(_ text: String) -> String {
        guard let user = userInfo(of: text) else { return text }
        return String(text[..<user.lowerBound] + text[text.index(after: user.upperBound)...])
    }

    /// What stands before the last `@` of the host's part (RFC 3986 §3.2.1, read as Go does).
    private static func userInfo(of text: String) -> Range<String.Index>? {
        guard let slashes = text.range(ofFirst: "://") else { return nil }
        let authority = text[slashes.upperBound...].prefix { !"/?#\\".contains($0) }
        return authority.lastIndex(of: "@").map { authority.startIndex..<$0 }
    }
}
