// Hands benchmark bodies to the benchmark tool, which calls them, reads the clock and prints tables.
import Benchmark
package import BenchmarkBodies

extension BenchmarkBody {
    /// Work a second; beside it the tool prints time and the greatest memory of the process. Its processor time counts in
    /// steps of 10 ms, too coarse for one iteration.
    private var rate: BenchmarkMetric {
        let name = unit == .bytes ? "MB / s" : "\(unit.rawValue) / s"
        return .custom(name, polarity: .prefersLarger, useScalingFactor: false)
    }

    package func register() {
        let rate = rate
        let configuration = Benchmark.Configuration(
            metrics: [.wallClock, .peakMemoryResident, rate], warmupIterations: 2,
            maxDuration: .seconds(2), maxIterations: 2000)
        Benchmark(name, configuration: configuration) { benchmark, work in
            let start = ContinuousClock.now
            try work()
            benchmark.stopMeasurement()
            benchmark.measurement(rate, perSecond(ContinuousClock.now - start))
        } setup: {
            try prepare()
        }
    }

    private func perSecond(_ duration: Duration) -> Int {
        let seconds = duration / .seconds(1)
        return Int(Double(amount) / max(seconds, 1e-9) / (unit == .bytes ? 1e6 : 1))
    }
}
