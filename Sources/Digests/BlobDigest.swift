// The content name of a blob: SHA-256, written `sha256:<64 hex>`.

/// Names bytes by their content. The only algorithm taken is SHA-256: anything else, upper-case digits or path
/// characters in a digest are refused at this border (CVE-2024-3727).
package struct BlobDigest: Hashable, Comparable, Sendable, CustomStringConvertible {
    static let byteCount = 32
    private let bytes: DigestBytes

    /// Nil unless `text` is `sha256:` and 64 lower-case hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix("sha256:") else { return nil }
        self.init(hex: text.dropFirst(7))
    }

    /// Nil unless `hex` is 64 lower-case hexadecimal digits.
    package init?(hex: some StringProtocol) {
        guard let bytes = hex.withBytes({ DigestBytes(hex: $0, count: Self.byteCount) }) else { return nil }
        self.bytes = bytes
    }

    /// The digest of `bytes`.
    package init(of bytes: [UInt8]) {
        var hasher = Hasher(.sha256)
        hasher.update(bytes)
        self.init(finishing: hasher)
    }

    /// The digest of what `hasher`, a SHA-256 one, was given.
    package init(finishing hasher: consuming Hasher) { self.init(finishing: &hasher) }

    /// The same of a hasher that may begin anew.
    package init(finishing hasher: inout Hasher) {
        bytes = unsafe withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 8) { digest in
            unsafe hasher.finish(into: digest)
            return unsafe DigestBytes(UnsafeRawBufferPointer(digest))
        }
    }

    /// The name of a chain of layers when one more is put on top; `below` is nil for the lowest (OCI image-spec,
    /// config.md: layer ChainID).
    package static func chain(_ layer: BlobDigest, on below: BlobDigest?) -> BlobDigest {
        guard let below else { return layer }
        return BlobDigest(of: Array("\(below) \(layer)".utf8))
    }

    /// The name of a whole chain, lowest first; nil for an empty one.
    package static func chain(_ layers: [BlobDigest]) -> BlobDigest? {
        layers.reduce(nil) { chain($1, on: $0) }
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { bytes.hex(count: Self.byteCount) }

    /// 32 bytes.
    package var rawBytes: [UInt8] { bytes.bytes(count: Self.byteCount) }

    func writeHex(to output: UnsafeMutableRawBufferPointer) { unsafe bytes.writeHex(to: output) }

    /// First 12 digits, as people read image ids.
    package var short: String { String(hex.prefix(12)) }

    package var description: String { "sha256:" + hex }

    package static func < (left: BlobDigest, right: BlobDigest) -> Bool { left.bytes < right.bytes }
}
