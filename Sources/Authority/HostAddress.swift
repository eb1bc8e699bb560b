// Where a node is reached: a DNS name or an IP address, as a certificate holds it.
import Glibc

// Safety: inet_pton and inet_ntop read and write buffers of one call.

package enum HostAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    case dns(String)
    /// 4 or 16 bytes in network order.
    case ip([UInt8])

    /// Bytes of a DNS name, RFC 1035 section 2.3.4.
    package static let dnsBytesMax = 253

    package init(_ text: String) throws(AuthorityError) {
        if let bytes = Self.ipBytes(text) {
            self = .ip(bytes)
        } else if Self.isDNSName(text) {
            self = .dns(text)
        } else {
            throw .badAddress(text: text)
        }
    }

    package var description: String {
        switch self {
        case .dns(let name): name
        case .ip(let bytes): Self.ipText(bytes)
        }
    }

    package var isLoopback: Bool {
        switch self {
        case .dns(let name): name == "localhost"
        case .ip(let bytes): bytes.count == 4 ? bytes.first == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
        }
    }

    /// `HOST:PORT`, with brackets around IPv6.
    package func endpoint(port: Int) -> String {
        if case .ip(let bytes) = self, bytes.count == 16 { return "[\(self)]:\(port)" }
        return "\(self):\(port)"
    }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    /// Lower-case labels of letters, digits and dashes; no wildcards. A last label of digits only would be read as a
    /// part of an IP address by others.
    static func isDNSName(_ text: String) -> Bool {
        guard (1...dnsBytesMax).contains(text.utf8.count) else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy(isLabel)
            && labels.last?.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) == false
    }

    private static func isLabel(_ label: Substring) -> Bool {
        guard (1...MeshName.bytesMax).contains(label.utf8.count), label.first != "-", label.last != "-" else {
            return false
        }
        return label.utf8.allSatisfy { MeshName.isWord($0) || $0 == UInt8(ascii: "-") }
    }

    private static func ipBytes(_ text: String) -> [UInt8]? {
        // As a C string the text would end at the first zero byte.
        guard !text.utf8.contains(0) else { return nil }
        var four = [UInt8](repeating: 0, count: 4)
        if unsafe inet_pton(AF_INET, text, &four) == 1 { return four }
        var six = [UInt8](repeating: 0, count: 16)
        return unsafe inet_pton(AF_INET6, text, &six) == 1 ? six : nil
    }

    private static func ipText(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard unsafe inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
