// A real-time bound on work that depends on somebody else.

package enum Deadline {
    /// The result of `work`, or `error` when it isn't there in time; the work is then cancelled.
    package static func within<Value: Sendable>(
        _ duration: Duration, otherwise error: any Error, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await ContinuousClock().sleep(for: duration)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw error }
            return value
        }
    }
}
