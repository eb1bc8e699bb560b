// The plan's block as werf prints it.
import Reports
import Testing

@Suite struct `The plan` {
    private let sets = [
        [PlannedImage(name: "backend", isFinal: true), PlannedImage(name: "frontend", isFinal: true)],
        [PlannedImage(name: "frontend-assets", isFinal: true)],
    ]

    @Test func `is werf's block`() {
        let plan = """
            ┌ Concurrent build plan (no more than 5 images at the same time)
            │ Set #0:
            │ - 🛳️  (1/3) image backend
            │ - 🛳️  (2/3) image frontend
            │ Set #1:
            │ - 🛳️  (3/3) image frontend-assets
            └ Concurrent build plan (no more than 5 images at the same time)
            """
        #expect(PlanText(sets: sets, limit: 5).lines(LogOptions()).joined(separator: "\n") == plan)
    }

    @Test func `is plain when it shall not be pretty`() {
        let plan = """
            Concurrent build plan
            Set #0:
            - (1/2) image ~
            - (2/2) image base
            Concurrent build plan
            """
        let images = [PlannedImage(name: "", isFinal: true), PlannedImage(name: "base", isFinal: false)]
        #expect(PlanText(sets: [images]).lines(LogOptions(isPretty: false)).joined(separator: "\n") == plan)
    }

    @Test func `has colours for final and intermediate images`() {
        let images = [PlannedImage(name: "app", isFinal: true), PlannedImage(name: "base", isFinal: false)]
        let lines = PlanText(sets: [images]).lines(LogOptions(hasColours: true))
        #expect(lines.contains("│ - \u{1B}[33;1m🛳️  (1/2) image app\u{1B}[0m"))
        #expect(lines.contains("│ - \u{1B}[36;1m🏗️  (2/2) image base\u{1B}[0m"))
    }

    @Test func `is not printed for one image or one at a time`() {
        #expect(PlanText(sets: [[PlannedImage(name: "app", isFinal: true)]], limit: 5).lines(LogOptions()).isEmpty)
        #expect(PlanText(sets: sets, limit: 1).lines(LogOptions()).isEmpty)
    }
}
