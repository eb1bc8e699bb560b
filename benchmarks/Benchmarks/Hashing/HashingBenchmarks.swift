// Hashing of contents, stage names and trees, as the benchmark tool runs it.
import BenchmarkBodies
import BenchmarkRegistration

/// The tool's generated `main` calls it.
let benchmarks: @Sendable () -> Void = {
    for body in BenchmarkBody.hashing { body.register() }
}
