// A name or path as the kernel sees it: bytes without NUL, not necessarily UTF-8.
import Glibc

/// Linux names are bytes: files whose names are not UTF-8 must survive a copy.
struct FileName: Hashable, Sendable, ExpressibleByStringLiteral {
    /// With the final NUL, ready for a system call.
    let bytes: [CChar]

    init(stringLiteral literal: StaticString) {
        bytes = literal.description.utf8.map { CChar(bitPattern: $0) } + [0]
    }

    /// Names come from strangers, and a NUL would cut one short silently.
    init(_ text: some StringProtocol) throws(SystemError) {
        if text.utf8.contains(0) { throw SystemError(call: "use the name", path: String(text), code: EINVAL) }
        bytes = text.utf8.map { CChar(bitPattern: $0) } + [0]
    }

    /// `content` must hold no NUL.
    init(content: some Sequence<CChar>) { bytes = content + [0] }

    var isEmpty: Bool { bytes.count == 1 }
    var isAbsolute: Bool { bytes[0] == 47 }

    /// For messages and patterns; bytes that are not UTF-8 are replaced.
    var text: String { String(decoding: bytes.dropLast().lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self) }

    /// The path's parts, without empty ones and `.`.
    var components: [FileName] {
        bytes.dropLast().split(separator: 47).filter { !($0.count == 1 && $0.first == 46) }.map {
            FileName(content: $0)
        }
    }

    static func < (left: FileName, right: FileName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes) { UInt8(bitPattern: $0) < UInt8(bitPattern: $1) }
    }
}
