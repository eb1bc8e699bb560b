// Drains one graph through the scheduler and says how long that took; or writes the graph for other programs.
import Foundation
import ScheduleShapes
import Scheduling

@main
enum SchedulerDrain {
    private static let usage = """
        SchedulerDrain [--nodes N] [--slots N] [--rounds N] SHAPE STAGES   one line of JSON for each round
        SchedulerDrain --write FILE SHAPE STAGES                           the graph, as StageGraph.encoded says
        shapes: \(ScheduleShape.allCases.map(\.rawValue).joined(separator: " "))

        """

    static func main() throws {
        var words = Array(CommandLine.arguments.dropFirst())
        var options: [String: String] = [:]
        while let option = words.first, option.hasPrefix("--"), words.count > 1 {
            options[option] = words[1]
            words.removeFirst(2)
        }
        guard words.count == 2, let shape = ScheduleShape(rawValue: words[0]), let stages = Int(words[1]), stages > 0
        else {
            FileHandle.standardError.write(Data(usage.utf8))
            exit(2)
        }
        let graph = shape.graph(stages: stages)
        if let path = options["--write"] { return try Data(graph.encoded).write(to: URL(fileURLWithPath: path)) }
        let drain = Drain(nodes: number(options["--nodes"]) ?? 1, slots: number(options["--slots"]) ?? 8)
        for _ in 0..<(number(options["--rounds"]) ?? 1) { print(round(graph, drain)) }
    }

    private static func number(_ text: String?) -> Int? { text.flatMap { Int($0) }.map { max($0, 1) } }

    /// `describe`: the caller's part, a batch from the graph. `drain`: the scheduler's, from the batch to the end.
    private static func round(_ graph: StageGraph, _ drain: Drain) -> String {
        let clock = ContinuousClock()
        var batch = Scheduler.StageBatch()
        let describing = clock.measure { batch = graph.batch() }
        var done = 0
        let draining = clock.measure { done = drain.run(batch) }
        guard done == graph.stageCount else { return "{\"error\": \"\(done) of \(graph.stageCount) stages are done\"}" }
        return "{\"stages\": \(done), \"edges\": \(graph.edgeCount), \"describe\": \(describing / .seconds(1)), "
            + "\"drain\": \(draining / .seconds(1))}"
    }
}
