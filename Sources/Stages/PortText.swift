// EXPOSE's words: `80`, `80/udp`, `8000-8010/tcp`, as members of an image's configuration.

enum PortText {
    static let portMax = 65_535
    private static let kinds = ["tcp", "udp", "sctp"]

    /// `NUMBER/PROTOCOL` for each port that `text` names; tcp unless said otherwise.
    ///
    /// `[IP:][HOST:]CONTAINER` is what -p takes: like BuildKit, EXPOSE checks the host's ports and keeps the container's.
    static func ports(_ text: String, place: String) throws(StagingError) -> [String] {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let container = (parts.last ?? "").split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = container.count == 2 && !container[1].isEmpty ? container[1].lowercased() : "tcp"
        guard kinds.contains(kind), let ports = range(container.first ?? ""), isHost(parts.dropLast(), ports.count)
        else {
            throw StagingError(
                place: place,
                reason: "\"\(text)\" is no port for EXPOSE: write NUMBER or FIRST-LAST, from 0 to \(portMax), "
                    + "with /tcp, /udp or /sctp")
        }
        return ports.map { "\($0)/\(kind)" }
    }

    private static func range(_ text: Substring) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Int($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 0, first <= last, last <= portMax
        else { return nil }
        return first...last
    }

    /// The host's side: a range is as long as the container's, or the container has one port.
    private static func isHost(_ parts: ArraySlice<Substring>, _ count: Int) -> Bool {
        guard let port = parts.last else { return true }
        guard parts.dropLast().allSatisfy({ $0.utf8.allSatisfy(isAddress) }) else { return false }
        guard !port.isEmpty else { return true }
        guard let ports = range(port) else { return false }
        return ports.count == count || count == 1
    }

    /// Characters of IPv4 and IPv6 addresses, brackets included.
    private static func isAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }
}
