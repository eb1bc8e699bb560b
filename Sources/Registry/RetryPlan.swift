// How long to wait before a request or a transfer is repeated, and when to stop: values without a clock.
import NIOHTTP1

struct RetryPlan {
    enum Outcome {
        /// 429 or 503; `retryAfter` as the registry said.
        case toldToWait(retryAfter: Duration?)
        /// Another 5xx, or a connection that was not made or was lost.
        case failed

        /// Nil for a status that says the same however often one asks.
        init?(status: Int, _ headers: HTTPHeaders) {
            switch status {
            case 429, 503: self = .toldToWait(retryAfter: RetryAfter.duration(headers))
            case 500, 502, 504: self = .failed
            default: return nil
            }
        }
    }

    private let bounds: RegistryBounds
    private var failures = 0
    private var rounds = 0
    private var waited = Duration.zero

    /// The first delay; each is twice the one before, up to the greatest.
    static let delayFirst = Duration.milliseconds(500)
    static let delayMax = Duration.seconds(30)

    init(_ bounds: RegistryBounds) { self.bounds = bounds }

    /// The next delay; nil to give up. `jitter` is from 0 up to 1.
    mutating func delay(after outcome: Outcome, jitter: Double) -> Duration? {
        rounds += 1
        let usual = backoff(jitter)
        switch outcome {
        case .failed:
            failures += 1
            return failures < bounds.attemptsMax ? usual : nil
        case .toldToWait(let retryAfter):
            // Never less than the back-off: "Retry-After: 0" for ever has to come to an end, too.
            let delay = max(retryAfter ?? .zero, usual)
            guard waited + delay <= bounds.retryWaitMax else { return nil }
            waited += delay
            return delay
        }
    }

    private func backoff(_ jitter: Double) -> Duration {
        let doubled = Self.delayFirst * (1 << min(rounds - 1, 10))
        return min(doubled, Self.delayMax) * (0.5 + 0.5 * min(max(jitter, 0), 1))
    }
}

/// When a blob whose connections are lost in the middle is given up. A connection that brought something begins the
/// count and the delays anew: a long blob may lose many.
struct LossPlan {
    private let bounds: RegistryBounds
    private var plan: RetryPlan
    private var inRow = 0
    private var all = 0

    init(_ bounds: RegistryBounds) { (self.bounds, plan) = (bounds, RetryPlan(bounds)) }

    /// The next delay after a connection that brought `byteCount` bytes; nil to give up.
    mutating func delay(afterBringing byteCount: Int64, jitter: Double) -> Duration? {
        if byteCount >= bounds.blobProgressBytes { (plan, inRow) = (RetryPlan(bounds), 0) }
        inRow += 1
        all += 1
        guard inRow < bounds.blobLossesInRowMax, all < bounds.blobLossesMax else { return nil }
        return plan.delay(after: .failed, jitter: jitter)
    }
}
