// The blobs that are on their way here: one fetch for each, however many wait for it.
import Digests
import Synchronization

final class FlightTable: Sendable {
    enum Role {
        /// Nobody fetches it: the caller does, and calls `end`.
        case lead(BlobFlight)
        case follow(BlobFlight)
    }

    private let flights = Mutex<[BlobDigest: BlobFlight]>([:])

    func join(_ digest: BlobDigest, size: Int64) -> Role {
        flights.withLock { flights in
            if let flight = flights[digest] { return .follow(flight) }
            let flight = BlobFlight(digest, size: size)
            flights[digest] = flight
            return .lead(flight)
        }
    }

    /// Who comes later begins a flight of its own; who waits hears the verdict.
    func end(_ flight: BlobFlight, _ verdict: BlobFlight.Verdict) {
        flights.withLock { flights in
            if flights[flight.digest] === flight { flights[flight.digest] = nil }
        }
        flight.end(verdict)
    }

    var count: Int { flights.withLock { $0.count } }
}
