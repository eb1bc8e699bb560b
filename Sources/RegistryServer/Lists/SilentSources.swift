// Peers that did not answer, and are not asked again for a while: a long list must not wait for them at each page.
import Synchronization

final class SilentSources: Sendable {
    private let rest: Duration
    private let ends = Mutex<[MissingSource: ContinuousClock.Instant]>([:])

    /// Peers that are remembered; one that is forgotten is asked again.
    private static let countMax = 1_024

    init(rest: Duration) { self.rest = rest }

    func isResting(_ source: MissingSource) -> Bool {
        ends.withLock { $0[source].map { $0 > .now } ?? false }
    }

    func answered(_ source: MissingSource) { ends.withLock { $0[source] = nil } }

    /// True when it answered before: worth a line in the log.
    func wasSilent(_ source: MissingSource) -> Bool {
        ends.withLock { ends in
            if ends.count >= Self.countMax { ends = [:] }
            return ends.updateValue(.now + rest, forKey: source) == nil
        }
    }
}
