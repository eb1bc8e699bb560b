// How long to wait before a request is sent again, and when to stop: a value without a clock.

struct RetryPlan {
    enum Outcome {
        /// 429 or 503; `retryAfter` as the registry said.
        case toldToWait(retryAfter: Duration?)
        /// Another 5xx, or a connection that was not made or was lost.
        case failed
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
