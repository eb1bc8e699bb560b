// The name of an upload: random, so that nobody goes on with another's.
import Digests

struct UploadID: Hashable, Sendable, CustomStringConvertible {
    private let hex: String

    private static let digitCount = 32

    /// Nil unless `text` is 32 lower-case hexadecimal digits.
    init?(_ text: some StringProtocol) {
        guard Hexadecimal.isText(text, count: Self.digitCount) else { return nil }
        hex = String(text)
    }

    init(using generator: inout some RandomNumberGenerator) {
        let bytes = (0..<Self.digitCount / 2).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        hex = Hexadecimal.text(bytes)
    }

    var description: String { hex }
}
