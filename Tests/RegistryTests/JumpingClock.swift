// A clock that jumps over every sleep and remembers it.
import Logging
import Synchronization

@testable import Registry

final class JumpingClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        let offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let state = Mutex<(now: Duration, sleeps: [Duration])>((.zero, []))

    var now: Instant { state.withLock { Instant(offset: $0.now) } }
    var minimumResolution: Duration { .nanoseconds(1) }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.sleeps.append(deadline.offset - state.now)
            state.now = max(state.now, deadline.offset)
        }
    }

    func advance(by duration: Duration) { state.withLock { $0.now += duration } }
}

extension RegistryConfiguration {
    /// No waiting, no chance, no words.
    static func test(_ clock: JumpingClock = JumpingClock()) -> RegistryConfiguration {
        RegistryConfiguration(
            timing: Timing(clock), now: { 1_795_305_570_500 }, jitter: { 1 },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}

/// A client that is shut down at the end, whatever happens.
func withClient<Value>(
    _ configuration: RegistryConfiguration = .test(), _ body: (RegistryClient) async throws -> Value
) async throws -> Value {
    let client = RegistryClient(configuration)
    do {
        let value = try await body(client)
        try await client.shutdown()
        return value
    } catch {
        try await client.shutdown()
        throw error
    }
}

/// The RegistryError that `work` throws.
func registryError(_ work: () async throws -> Void) async throws -> RegistryError? {
    do {
        try await work()
        return nil
    } catch let error as RegistryError {
        return error
    }
}
