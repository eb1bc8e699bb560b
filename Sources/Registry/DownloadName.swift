// The file name of a download, as Docker's builders choose it.

enum DownloadName {
    /// Name for a download that has none.
    static let unnamed = "download"
    /// Longest name taken from a server, in bytes: what file systems take.
    static let bytesMax = 255

    /// The last part of the path; where the path ends in a slash, the `filename` of Content-Disposition.
    static func name(of address: WebAddress, disposition: String?) -> String {
        let last = address.path.split(separator: "/").last.map { decoded($0) }
        let endsInSlash = address.path.hasSuffix("/")
        if !endsInSlash, let last, isName(last) { return last }
        if let named = disposition.flatMap(filename(_:)), isName(named) { return named }
        if let last, isName(last) { return last }
        return unnamed
    }

    /// A name, and never a way out of its folder.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".." && text.utf8.count <= bytesMax
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x2F && $0 != 0x7F }
    }

    /// RFC 6266 without the extended form: `attachment; filename="name"`.
    private static func filename(_ disposition: String) -> String? {
        for part in disposition.split(separator: ";").dropFirst() {
            let words = part.split(separator: "=", maxSplits: 1)
            guard words.count == 2, words[0].trimming({ $0 == " " }).lowercased() == "filename" else { continue }
            let value = words[1].trimming { $0 == " " || $0 == "\t" || $0 == "\"" }
            return value.hasSuffix("/") ? nil : value.split(separator: "/").last.map(String.init)
        }
        return nil
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? String(text)
    }
}
