// Stopping one job: before it begins, twice, late, and together with its caller, in every order that seeds find.
import MeshSimulation
import Synchronization
import Testing

@testable import Mesh

@Suite struct `Job stopper` {
    /// What a job came to, and whether it began.
    private struct End: Hashable {
        var hasBegun = false
        var hasFinished = false
        var isStopped = false
    }

    private static func run(_ seed: UInt64, _ story: @escaping @Sendable (JobStopper, SimulatedClock) async -> Void)
        throws -> End
    {
        try Simulation.run(seed: seed) { clock in
            let stopper = JobStopper()
            let end = Shared(End())
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let result = await stopper.run {
                        end.change { $0.hasBegun = true }
                        try await clock.sleep(for: .seconds(1))
                        end.change { $0.hasFinished = true }
                    }
                    if case .failure = result { end.change { $0.isStopped = stopper.isStopped } }
                }
                group.addTask { await story(stopper, clock) }
            }
            return end.value
        }
    }

    @Test func `lets a job end by itself, and a later stop changes nothing`() throws {
        for seed in UInt64(0)..<100 {
            let end = try Self.run(seed) { stopper, clock in
                try? await clock.sleep(for: .seconds(2))
                stopper.stop()
                #expect(!stopper.isStopped)
            }
            #expect(end == End(hasBegun: true, hasFinished: true))
        }
    }

    @Test func `ends a job once, however often it is asked`() throws {
        var begun: Set<Bool> = []
        for seed in UInt64(0)..<200 {
            let end = try Self.run(seed) { stopper, _ in
                stopper.stop()
                await Task.yield()
                stopper.stop()
            }
            #expect(!end.hasFinished && end.isStopped)
            begun.insert(end.hasBegun)
        }
        #expect(begun == [true, false], "the seeds did not find both orders")
    }

    @Test func `begins nothing that was stopped before`() throws {
        for seed in UInt64(0)..<100 {
            let hasBegun = try Simulation.run(seed: seed) { _ in
                let stopper = JobStopper()
                stopper.stop()
                let hasBegun = Shared(false)
                let result = await stopper.run { hasBegun.change { $0 = true } }
                if case .success = result { return true }
                return hasBegun.value
            }
            #expect(!hasBegun)
        }
    }

    @Test func `passes on the cancellation of its caller`() throws {
        for seed in UInt64(0)..<200 {
            let end = try Simulation.run(seed: seed) { clock in
                let end = Shared(End())
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let stopper = JobStopper()
                        _ = await stopper.run {
                            try await clock.sleep(for: .seconds(1))
                            end.change { $0.hasFinished = true }
                        }
                        end.change { $0.isStopped = stopper.isStopped }
                    }
                    if seed.isMultiple(of: 2) { await Task.yield() }
                    group.cancelAll()
                }
                return end.value
            }
            #expect(!end.hasFinished && end.isStopped)
        }
    }
}

/// A value that tasks share.
private final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock { $0 } }
    func change(_ body: (inout sending Value) -> Void) { state.withLock { body(&$0) } }
}
