// Go's directory hash (golang.org/x/mod/sumdb/dirhash): `h1:` of names and SHA-256 of their contents.
import Digests

/// SHA-256 over lines of hex digest, two blanks, name; in base64.
struct DirectoryHash: ~Copyable {
    private var hasher = Hasher(.sha256)
    private var lines: [UInt8] = []
    private static let linesBytesMax = 64 * 1_024

    init() { lines.reserveCapacity(Self.linesBytesMax + 8_192) }

    /// Files must come sorted by name, as bytes. No name may hold a line break.
    mutating func add(_ digest: ContentDigest, _ name: some Collection<UInt8>) {
        digest.appendHex(to: &lines)
        lines.append(UInt8(ascii: " "))
        lines.append(UInt8(ascii: " "))
        lines += name
        lines.append(UInt8(ascii: "\n"))
        if lines.count >= Self.linesBytesMax { flush() }
    }

    private mutating func flush() {
        hasher.update(lines)
        lines.removeAll(keepingCapacity: true)
    }

    consuming func finish() -> String {
        flush()
        return "h1:" + Self.base64(hasher.finish())
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0..<4 {
                let isFilled = position <= group.count
                text.append(isFilled ? letters[bits >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
