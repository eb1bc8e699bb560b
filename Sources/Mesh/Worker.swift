// The actor that makes stages on a node.
package import Digests
package import Reports
package import Stages

package actor Worker: WorkerLink {
    private let runner: any StageRunner

    package init(runner: any StageRunner) { self.runner = runner }

    package nonisolated func remembered(_ steps: [StageDigest]) async -> [StageDigest: RememberedStep] {
        await runner.remembered(steps)
    }

    package nonisolated func perform(
        _ order: StageOrder, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> StageResult {
        report(.stageStarted(order.title))
        return try await runner.run(order, report: report)
    }
}
