// How much availability keeps, sends and asks at once.

package enum AvailabilityLimits {
    /// Names of one node; its oldest are dropped.
    package static let namesMax = 65_536
    /// Names of all other nodes, about 16 bytes each; the set that changed longest ago is dropped.
    package static let beliefsMax = 1 << 21
    /// Names in one batch.
    package static let batchNamesMax = 4096
    /// Bytes of a batch's body: seven a name at most.
    package static let batchBytesMax = 7 * batchNamesMax + 256
    /// Batches of each node that are kept to pass on.
    package static let chainMax = 16
    /// Bytes of each node's batches that are kept to pass on.
    package static let chainBytesMax = 16 * 1024
    /// Batches in a packet, and their bytes together.
    package static let packetBatchesMax = 256
    package static let packetBatchBytesMax = 128 * 1024
    /// Nodes in a summary.
    package static let summaryMax = 512
    /// Nodes that are asked for their whole set at once.
    package static let questionsMax = 4
    /// Nanoseconds from one exchange with a random peer to the next; what is new is signed as often.
    package static let exchangeInterval: Int64 = 1_000_000_000
    /// Nanoseconds until an unanswered question is given up.
    package static let questionTimeout: Int64 = 5_000_000_000
    /// Nanoseconds for which a set that was dropped for room is not asked for again.
    package static let mutedTime: Int64 = 600_000_000_000
    /// Lies after which a node is asked last.
    package static let liesMax = 4
    /// True answers that make up for a lie.
    package static let truthsPerLie = 8
    /// Removals that the own log keeps, so that a peer that was away gets a difference. One more begins a new epoch.
    package static let removalsMax = 16_384
}
