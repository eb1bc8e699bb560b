// `addHost` of an image: names for /etc/hosts of its steps, each with an address.
import Glibc

// Safety: inet_pton reads a text and writes a value, both of this call.

struct HostEntries {
    /// `HOST:ADDRESS`, as written.
    let entries: [String]

    init(_ fields: FieldReader) throws(ConfigError) {
        var entries: [String] = []
        for (text, node) in try fields.stringOrStrings("addHost") ?? [] {
            guard Self.isEntry(text) else {
                throw fields.source.error(
                    node, "`\(text)` in `addHost` is not HOST:ADDRESS with an IPv4 or IPv6 address.",
                    hint: "Write it as in `gateway:10.0.0.1`.")
            }
            entries.append(text)
        }
        self.entries = entries
    }

    private static func isEntry(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != 0x23 })
        else { return false }
        return isAddress(String(parts[1]))
    }

    private static func isAddress(_ text: String) -> Bool {
        // As a C string the text would end at the first zero byte.
        guard !text.utf8.contains(0) else { return false }
        var four = in_addr()
        var six = in6_addr()
        return unsafe inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }
}
