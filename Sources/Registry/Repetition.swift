// Repeats what failed in passing: connections that are lost, servers that are busy.
import Images
import Logging

/// What one try came to; a lost connection is thrown as `LinkFailure`.
enum Attempt<Value> {
    case done(Value)
    /// With an outcome it may pass; without one the refusal is final.
    case refused(RegistryError, RetryPlan.Outcome?)
}

extension RegistryConfiguration {
    /// The value of the first attempt that has one, as long as the bounds allow to try.
    ///
    /// Throws `RegistryError` and whatever `attempt` throws but `LinkFailure`. `refused` is what the log says.
    func repeating<Value>(
        _ refused: Logger.Message, _ asked: Asked, _ attempt: () async throws -> Attempt<Value>
    ) async throws -> Value {
        var plan = RetryPlan(bounds)
        while true {
            do {
                switch try await attempt() {
                case .done(let value): return value
                case .refused(let error, let outcome):
                    guard let outcome, let delay = next(&plan, outcome) else { throw error }
                    try await pause(delay, refused, asked, error.status.map { "\($0)" } ?? error.reason)
                }
            } catch let failure as LinkFailure {
                guard failure.tls == .none, let delay = next(&plan, .failed) else { throw failure.error(asked) }
                try await pause(delay, "a connection failed", asked, failure.reason)
            }
        }
    }

    func pause(_ delay: Duration, _ message: Logger.Message, _ asked: Asked, _ reason: String) async throws {
        logger.info(message, metadata: ["host": "\(asked.host)", "reason": "\(reason)", "delay": "\(delay)"])
        try await timing.sleep(delay)
    }

    private func next(_ plan: inout RetryPlan, _ outcome: RetryPlan.Outcome) -> Duration? {
        plan.delay(after: outcome, jitter: jitter())
    }
}
