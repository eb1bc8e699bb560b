// How far this host's clock is from a registry's, read off the `Date` of its answers.
import NIOHTTP1
import Synchronization

/// The offset of our clock from another's is somewhere in between, in milliseconds; positive: ours is ahead.
package struct ClockReading: Hashable, Sendable {
    package let least: Int64
    package let most: Int64

    /// From one question and its answer: `sent` and `received` by our clock, in unix milliseconds; `date`, in whole
    /// seconds, was written in between. Nil for an answer that lay in a cache (RFC 9111 §5.1), since its date is old.
    init?(sent: Int64, received: Int64, _ headers: HTTPHeaders) {
        guard !headers.contains(name: "Age"), let date = headers.first(name: "Date").flatMap(HTTPDate.seconds) else {
            return nil
        }
        least = sent - (date + 1) * 1_000
        most = received - date * 1_000
    }

    /// Milliseconds by which our clock is off for certain; 0 when it may be right.
    package var certainOffset: Int64 { least > 0 ? least : min(most, 0) }
}

/// The last reading of each registry's clock.
final class ClockReadings: Sendable {
    private let readings = Mutex<[String: ClockReading]>([:])

    subscript(address: WebAddress) -> ClockReading? {
        get { readings.withLock { $0[address.origin] } }
        set { if let newValue { readings.withLock { $0[address.origin] = newValue } } }
    }
}
