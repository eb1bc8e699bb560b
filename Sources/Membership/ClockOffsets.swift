// How far this node's wall clock is from its peers': the median of what their answers showed.

struct ClockOffsets: Sendable {
    /// The latest offsets, one a peer.
    static let peersMax = 32
    /// Fewer peers say nothing.
    static let peersMin = 2

    private var latest: [(peer: UInt64, milliseconds: Int64)] = []
    private var next = 0
    private(set) var isWrong = false

    /// `offset` is this clock minus the peer's.
    mutating func note(_ offset: Int64, peer: UInt64) {
        if let known = latest.firstIndex(where: { $0.peer == peer }) {
            latest[known].milliseconds = offset
        } else if latest.count < Self.peersMax {
            latest.append((peer, offset))
        } else {
            latest[next] = (peer, offset)
            next = (next + 1) % Self.peersMax
        }
    }

    /// This clock minus the median of its peers', milliseconds; nil while too few were heard.
    var median: Int64? {
        guard latest.count >= Self.peersMin else { return nil }
        let sorted = latest.map(\.milliseconds).sorted()
        let upper = sorted[sorted.count / 2]
        guard sorted.count.isMultiple(of: 2) else { return upper }
        let lower = sorted[sorted.count / 2 - 1]
        // Two that disagree widely: the smaller claim, or one wrong peer would make this clock wrong.
        return lower.magnitude < upper.magnitude ? lower : upper
    }

    /// The median, when it went beyond the limit or came back since the last call.
    mutating func change() -> Int64? {
        guard let median else { return nil }
        let wrong = median.magnitude > UInt64(Timing.clockOffsetMax)
        guard wrong != isWrong else { return nil }
        isWrong = wrong
        return median
    }
}
