// How often a member asks, how long it waits, and how much it keeps.

/// Times in nanoseconds. The defaults are for networks of a few milliseconds.
package struct Timing: Hashable, Sendable {
    static let second: Int64 = 1_000_000_000

    /// From one probe to the next. Times local health, which is 1 when all is well.
    package var probeInterval = second
    /// Until a probe without an answer is tried through others.
    package var probeTimeout = second / 2
    /// Members that are asked to try too.
    package var relaysCount = 3
    /// Between packets that only carry news, while there are some.
    package var gossipInterval = second / 5
    /// Members that get such a packet.
    package var gossipFanout = 3
    /// The shortest time to refute, in probe intervals, times log10 of the members (alpha of the Lifeguard paper).
    package var suspicionFactor: Int64 = 3
    /// The longest, as a multiple of the shortest (beta).
    package var suspicionSpread: Int64 = 6
    /// Between comparisons of the whole table with a random member.
    package var syncInterval = 30 * second
    /// Before the next page of a table that did not fit in one packet.
    package var syncPageInterval = second / 5
    /// Between tries to reach a dead member or a seed, so that a healed partition joins.
    package var retryInterval = 10 * second
    /// How long the dead are remembered, and tried.
    package var tombstoneLife = 3600 * second
    /// An item of news is sent this many times the decimal digits of the count of members.
    package var newsSendsFactor = 4
    /// A step that comes so much later than asked for means that this process stood still.
    package var pauseMin = second
    /// False: plain SWIM, to compare with. No local health, one time to refute, no notice to the accused, no nacks.
    package var usesLifeguard = true

    package init() {}

    /// Accusers whose word shortens the time to refute (K of the Lifeguard paper).
    package static let confirmationsMax = 3
    /// Local health is 1 to this.
    package static let healthMax = 8
    /// Members that are kept.
    package static let membersMax = 16_384
    /// Bytes of news on a packet that has another purpose, and of a gossip packet.
    package static let newsBytesMax = 2400
    /// Bytes of rows in one packet of a comparison.
    package static let syncBytesMax = 128 * 1024
    /// Items of one comparison that are passed on as news: enough to wake the others, who compare for themselves.
    package static let syncNewsMax = 64
    /// Probes that wait to be made next.
    package static let urgentMax = 64
    /// Probes made for others at once.
    package static let relaysMax = 256
    /// Records that wait to be passed on, and as many accusations.
    package static let newsMax = 8192
    /// Addresses to join by.
    package static let seedsMax = 64
    /// A clock this far off the median of its peers is wrong, milliseconds (design 5.7).
    package static let clockOffsetMax: Int64 = 2000

    /// The time that a suspected member has to refute.
    package func suspicionTime(members: Int, confirmations: Int) -> Int64 {
        let shortest = suspicionFactor * probeInterval / 1000 * Self.milliLog10(members)
        guard usesLifeguard else { return shortest }
        // Nobody else is there to confirm: waiting for it would only be slow.
        let confirmations = members - 2 < Self.confirmationsMax ? Self.confirmationsMax : confirmations
        // log(confirmations + 1) / log(confirmationsMax + 1), in parts of 1,000.
        let progress: [Int64] = [0, 500, 792, 1000]
        let longest = shortest * suspicionSpread
        return longest - (longest - shortest) / 1000 * progress[min(confirmations, progress.count - 1)]
    }

    /// A member that all who know send to at random is missed with a chance of e to the minus this.
    func newsSends(members: Int) -> Int {
        newsSendsFactor * String(members).utf8.count
    }

    /// 1,000 log10 of `count`, 1,000 at least, within 3 %: log2 by halves, straight between powers of two.
    static func milliLog10(_ count: Int) -> Int64 {
        let count = Int64(max(count, 1))
        let whole = 63 - Int64(count.leadingZeroBitCount)
        let log2 = whole * 1000 + (count - 1 << whole) * 1000 / (1 << whole)
        return max(log2 * 301 / 1000, 1000)
    }
}
