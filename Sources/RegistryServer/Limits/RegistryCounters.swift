// What the server counts, for the page of metrics.
import Synchronization

/// All counts since the start of the process.
package struct RegistryCounters: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case base, token, catalog, tags, manifest, blob, upload, referrers, unknown
    }

    package struct Answered: Hashable, Sendable {
        package let kind: Kind
        /// 2 for 200 to 299, and so on.
        package let statusClass: Int
    }

    package enum Source: String, Hashable, Sendable, CaseIterable {
        case peer, upstream
    }

    package struct Fetches: Hashable, Sendable {
        package var good = 0
        package var failed = 0
        package var byteCount: Int64 = 0
    }

    package var answered: [Answered: Int] = [:]
    /// Bytes of bodies, not of heads.
    package var receivedByteCount: Int64 = 0
    package var sentByteCount: Int64 = 0
    package var fetches: [Source: Fetches] = [:]
    /// Answers for a tag that nobody could be asked about.
    package var staleAnswers = 0
    /// Requests that came without the right, or with wrong credentials.
    package var refusedByRights = 0
    /// Requests over a limit.
    package var refusedByLimits = 0
    /// Uploads that ended with bytes of another digest.
    package var wrongUploads = 0
}

final class CounterBook: Sendable {
    private let values = Mutex(RegistryCounters())

    var snapshot: RegistryCounters { values.withLock { $0 } }

    func change(_ body: (inout RegistryCounters) -> Void) { values.withLock { body(&$0) } }

    func count(_ kind: RegistryCounters.Kind, status: Int) {
        change { $0.answered[.init(kind: kind, statusClass: status / 100), default: 0] += 1 }
    }

    func count(fetchFrom source: MissingSource, isGood: Bool) {
        change { counters in
            if isGood {
                counters.fetches[source.kind, default: .init()].good += 1
            } else {
                counters.fetches[source.kind, default: .init()].failed += 1
            }
        }
    }

    func count(fetched byteCount: Int, from source: MissingSource) {
        change { $0.fetches[source.kind, default: .init()].byteCount += Int64(byteCount) }
    }
}

extension MissingSource {
    fileprivate var kind: RegistryCounters.Source {
        switch self {
        case .peer: .peer
        case .upstream: .upstream
        }
    }
}
