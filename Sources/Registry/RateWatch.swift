// Tells a body that only trickles from one that comes: a value without a clock.

struct RateWatch {
    private let bounds: RegistryBounds
    private var waited = Duration.zero
    private var byteCount: Int64 = 0

    init(_ bounds: RegistryBounds) { self.bounds = bounds }

    /// Takes `count` bytes for which `duration` was waited; what the receiver does with them is not counted. Throws
    /// when a whole window brought too few.
    mutating func take(_ count: Int, after duration: Duration) throws(LinkFailure) {
        waited += duration
        byteCount += Int64(count)
        guard waited >= bounds.rateWindow else { return }
        guard Double(byteCount) >= Double(bounds.bytesPerSecondMin) * (waited / .seconds(1)) else {
            throw LinkFailure(reason: "it sent \(byteCount) bytes in \(waited), which is too slow")
        }
        (waited, byteCount) = (.zero, 0)
    }
}
