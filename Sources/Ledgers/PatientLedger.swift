// A ledger whose users wait while it can't be asked: voters come back, and what was built is not lost meanwhile.
package import Digests
import Synchronization

package enum LedgerNews: Hashable, Sendable {
    /// Publications wait from now on, for `limit` at most.
    case waits(reason: String, limit: Duration)
    /// They go on, after so long.
    case goesOn(after: Duration)
}

/// Waiting is over when the ledger answers, or when it could not be asked for `limit`, whoever began to wait when: builds
/// don't add up the patience of their stages.
package final class PatientLedger<Time: Clock>: Ledger where Time.Duration == Duration {
    private let ledger: any Ledger
    private let limit: Duration
    private let clock: Time
    private let tell: @Sendable (LedgerNews) -> Void
    /// Since when it could not be asked.
    private let outage = Mutex<Time.Instant?>(nil)

    /// Between two tries; each further pause is twice as long.
    private static var pauseMin: Duration { .milliseconds(200) }
    private static var pauseMax: Duration { .seconds(3) }

    package init(
        _ ledger: any Ledger, limit: Duration, clock: Time, tell: @escaping @Sendable (LedgerNews) -> Void
    ) {
        self.ledger = ledger
        self.limit = limit
        self.clock = clock
        self.tell = tell
    }

    package func epoch() async throws -> String? { try await patiently { try await self.ledger.epoch() } }

    package func publications(of digest: StageDigest, _ freshness: Freshness) async throws -> PublicationList {
        try await patiently { try await self.ledger.publications(of: digest, freshness) }
    }

    package func propose(_ publication: Publication, on version: PublicationList.Version) async throws -> Proposed {
        try await patiently { try await self.ledger.propose(publication, on: version) }
    }

    @discardableResult
    package func mark(_ publication: Publication, as state: Publication.State) async throws -> Publication.State {
        try await patiently { try await self.ledger.mark(publication, as: state) }
    }

    private func patiently<Value: Sendable>(_ ask: @Sendable () async throws -> Value) async throws -> Value {
        var pause = Self.pauseMin
        while true {
            do {
                let value = try await ask()
                if let start = outage.withLock({ $0.take() }) { tell(.goesOn(after: start.duration(to: clock.now))) }
                return value
            } catch LedgerError.unavailable(let reason) {
                let left = limit - waited(reason)
                guard left > .zero else {
                    throw LedgerError.unavailable(
                        "\(reason). It was waited for \(limit.components.seconds) s (--publish-timeout); what was built is "
                            + "kept, and published by the next build")
                }
                try await clock.sleep(for: min(pause, left))
                pause = min(pause * 2, Self.pauseMax)
            }
        }
    }

    /// Since the outage began; the first who meets it says so.
    private func waited(_ reason: String) -> Duration {
        let now = clock.now
        let start = outage.withLock { outage in
            defer { outage = outage ?? now }
            return outage
        }
        if start == nil { tell(.waits(reason: reason, limit: limit)) }
        return (start ?? now).duration(to: now)
    }
}
