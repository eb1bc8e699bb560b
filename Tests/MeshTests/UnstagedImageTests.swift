// Unstaged images: found as a whole, or taken apart into steps that are remembered, shared or run.
import Digests
import Mesh
import MeshSimulation
import Reports
import Stages
import Testing

@Suite struct `Unstaged images` {
    let app = DrawnProject(.unstaged("app", .base("alpine"), .run("make"), .config("ENV"), .run("test")))

    @Test func `are taken apart when nobody has them`() {
        var story = Teller(app)
        #expect(
            story.tell() == [
                "list", "name app", "lower app", "remember app", "run app/RUN1 on alpine", "run app/RUN3 on alpine+1",
                "publish app/dockerfile of alpine+2", "published app/dockerfile @1001", "done app", "keep app!",
                "end: done",
            ])
        #expect(story.orders["app/RUN3"]?.isRemembered == true)
        let history = story.publications["app/dockerfile"]?.content.changes.compactMap { change in
            if case .history(let text, let isEmpty) = change { "\(text) \(isEmpty)" } else { nil }
        }
        #expect(history == ["RUN make false", "ENV ENV true", "RUN test false"])
    }

    @Test func `are reused as a whole`() {
        var first = Teller(app)
        first.tell()
        var story = Teller(app, first.registry)
        #expect(
            story.tell() == [
                "list", "name app", "describe @1001", "reused app/dockerfile @1001", "done app", "keep app",
                "end: done",
            ])
        #expect(story.outcome?.records.map(\.isRebuilt) == [false])
    }

    @Test func `go to the next publication when the oldest is gone, and are built when all are`() {
        var first = Teller(app)
        first.tell()
        let other = first.registry.add("app/dockerfile", at: 2_000)
        first.registry.gone = Set([first.registry.ids["app/dockerfile"]].compactMap { $0 })
        var story = Teller(app, first.registry)
        #expect(story.tell().contains("reused app/dockerfile @2000"))
        first.registry.gone.formUnion([other].compactMap { $0 })
        var rebuilt = Teller(app, first.registry)
        #expect(rebuilt.tell().contains("published app/dockerfile @1002"))
    }

    @Test func `begin above the last remembered step`() {
        var first = Teller(app)
        first.tell()
        var longer = app
        longer.images[0].stages.append(.run("install"))
        var story = Teller(longer)
        story.steps = first.steps
        #expect(
            story.tell().dropFirst(3) == [
                "remember app", "remembered app/RUN3", "run app/RUN4 on alpine+2",
                "publish app/dockerfile of alpine+3", "published app/dockerfile @1001", "done app", "keep app!",
                "end: done",
            ])
    }

    @Test func `run a remembered step again when a layer below it is lost`() {
        var first = Teller(app)
        first.tell()
        var story = Teller(app)
        story.steps = first.steps
        if let lost = first.orders["app/RUN1"]?.digest { story.steps[lost] = nil }
        let lines = story.tell()
        #expect(lines.contains("run app/RUN1 on alpine"))
        #expect(lines.contains("run app/RUN3 on alpine+1"))
    }

    @Test func `use no remembered step on other layers than it was made on`() {
        var first = Teller(app)
        first.tell()
        // An image that ends below made the lower step again, since its layer was lost.
        let lower = DrawnProject(.unstaged("lower", .base("alpine"), .run("make")))
        var second = Teller(lower)
        second.layerCount = 10
        second.tell()
        var story = Teller(app)
        story.steps = first.steps.merging(second.steps) { $1 }
        let lines = story.tell()
        #expect(lines.contains("run app/RUN3 on alpine+1"))
        #expect(lines.last == "end: done")
    }

    @Test func `share their steps: each runs once`() {
        let two = DrawnProject(
            .unstaged("a", .base("alpine"), .run("make"), .run("a")),
            .unstaged("b", .base("alpine"), .run("make"), .run("b")))
        var story = Teller(two)
        let runs = story.tell().filter { $0.hasPrefix("run") }
        #expect(runs == ["run a/RUN1 on alpine", "run a/RUN2 on alpine+1", "run b/RUN2 on alpine+1"])
        #expect(story.orders["a/RUN2"]?.parent.layers == story.orders["b/RUN2"]?.parent.layers)
        #expect(story.outcome?.records.count == 2)
    }

    @Test func `that are equal are made once under both names`() {
        let two = DrawnProject(
            .unstaged("a", .base("alpine"), .run("make")), .unstaged("b", .base("alpine"), .run("make")))
        var story = Teller(two)
        let lines = story.tell()
        #expect(lines.filter { $0.hasPrefix("publish ") } == ["publish a/dockerfile of alpine+1"])
        #expect(lines.contains("reused b/dockerfile @1001"))
        #expect(lines.suffix(2) == ["keep a! b!", "end: done"])
        #expect(story.outcome?.records.map(\.facts.id.timestamp) == [1_001, 1_001])
    }

    @Test func `wait for their own parent where they share a linked copy`() {
        let two = DrawnProject(
            .unstaged("a", .base("alpine"), .copy("x", isLinked: true), .run("a")),
            .unstaged("b", .base("alpine"), .run("slow"), .copy("x", isLinked: true), .run("b")))
        var story = Teller(two)
        story.heldBack = ["run b/RUN1 on alpine"]
        story.tell()
        #expect(story.orders["b/RUN3"] == nil)
        story.release()
        #expect(story.orders["b/RUN3"]?.parent.layers.count == 2)
        #expect(story.lines.last == "end: done")
    }

    @Test func `on a step that this build makes again use no remembered step`() {
        let two = DrawnProject(
            .unstaged("a", .base("alpine"), .run("make")),
            .unstaged("b", .base("alpine"), .run("make"), .run("b")).needing(0))
        var first = Teller(two)
        first.tell()
        var story = Teller(two)
        story.steps = first.steps
        if let lost = first.orders["a/RUN1"]?.digest { story.steps[lost] = nil }
        let lines = story.tell()
        #expect(lines.filter { $0.hasPrefix("run") } == ["run a/RUN1 on alpine", "run b/RUN2 on alpine+1"])
    }
}
