// Draining of builds by the scheduler, as the benchmark tool runs it.
import BenchmarkBodies
import BenchmarkRegistration

/// The tool's generated `main` calls it.
let benchmarks: @Sendable () -> Void = {
    for body in BenchmarkBody.scheduling { body.register() }
}
