// Writing of layers, as the benchmark tool runs it.
import BenchmarkBodies
import BenchmarkRegistration

/// The tool's generated `main` calls it.
let benchmarks: @Sendable () -> Void = {
    for body in BenchmarkBody.layers { body.register() }
}
