// Scheduling: a build of each shape told to a scheduler and drained.
import ScheduleShapes

extension BenchmarkBody {
    package static var scheduling: [BenchmarkBody] { ScheduleShape.allCases.map(drain) }

    /// A square number, which all shapes make in full.
    private static let stageCount = 2500

    private static func drain(_ shape: ScheduleShape) -> BenchmarkBody {
        BenchmarkBody("drain-\(shape.rawValue)", stageCount, .stages) {
            let batch = shape.graph(stages: stageCount).batch()
            let drain = Drain(nodes: 8, slots: 4)
            return {
                guard drain.run(batch) == stageCount else {
                    throw WrongResult(description: "\(shape.rawValue): not every stage was done")
                }
            }
        }
    }
}
