// EXPOSE's words: `80`, `80/udp`, `8000-8010/tcp`, as members of an image's configuration.

enum PortText {
    /// Ports of one range at the most: there are no more.
    static let portMax = 65_535

    /// `NUMBER/PROTOCOL` for each port that `text` names; tcp unless said otherwise.
    static func ports(_ text: String, place: String) throws(StagingError) -> [String] {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = parts.count == 2 ? parts[1].lowercased() : "tcp"
        // `HOST:CONTAINER` is what -p takes; EXPOSE, like docker, keeps the container's side.
        let range = (parts.first ?? "").split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ["tcp", "udp", "sctp"].contains(kind), (1...2).contains(ends.count), let first = ends.first ?? nil,
            let last = ends.last ?? nil, first >= 0, first <= last, last <= portMax
        else {
            throw StagingError(
                place: place,
                reason: "\"\(text)\" is no port for EXPOSE: write NUMBER, FIRST-LAST, with /tcp, /udp or /sctp")
        }
        return (first...last).map { "\($0)/\(kind)" }
    }
}
