// Staged images: every stage is looked up by its own name, never older than its parent, and published in order.
import Digests
import Mesh
import MeshSimulation
import Reports
import Stages
import Testing

@Suite struct `Staged images` {
    let app = DrawnProject(.staged("app", .base("alpine"), .run("make"), .config("ENV"), .run("test")))

    @Test func `publish each stage before the next one is run`() {
        var story = Teller(app)
        #expect(
            story.tell() == [
                "list", "lower app", "run app/RUN1 on alpine", "publish app/RUN1 of alpine+1",
                "published app/RUN1 @1001", "publish app/ENV2 of @1001", "published app/ENV2 @1002",
                "run app/RUN3 on @1002", "publish app/RUN3 of @1002+1", "published app/RUN3 @1003", "done app",
                "keep app!", "end: done",
            ])
        #expect(story.publications["app/RUN1"]?.parent == nil)
        #expect(story.publications["app/RUN3"]?.parent == story.registry.ids["app/ENV2"])
        #expect(story.publications["app/RUN3"]?.labels["werf.io/parent-stage-id"]?.hasSuffix("-0000000001002") == true)
    }

    @Test func `reuse a chain from the beginning, and build from the first miss`() {
        var first = Teller(app)
        first.tell()
        first.registry.remove("app/RUN3")
        var story = Teller(app, first.registry)
        #expect(
            story.tell() == [
                "list", "lower app", "describe @1001", "describe @1002", "reused app/RUN1 @1001",
                "reused app/ENV2 @1002", "run app/RUN3 on @1002", "publish app/RUN3 of @1002+1",
                "published app/RUN3 @1004", "done app", "keep app!", "end: done",
            ])
        #expect(story.outcome?.records.first?.stages.map(\.name) == ["RUN", "ENV", "RUN"])
        #expect(story.outcome?.records.first?.stages.map(\.isRebuilt) == [false, false, true])
    }

    @Test func `never choose a child that is older than its parent`() {
        var first = Teller(app)
        first.tell()
        first.registry.remove("app/RUN1")
        _ = first.registry.add("app/RUN1", at: 1_500)
        var story = Teller(app, first.registry)
        let lines = story.tell()
        #expect(lines.contains("reused app/RUN1 @1500"))
        #expect(lines.contains("publish app/ENV2 of @1500"))
        #expect(!lines.contains("describe @1002"))
    }

    @Test func `choose nothing below a stage that is being made`() {
        var first = Teller(app)
        first.tell()
        first.registry.remove("app/RUN1")
        var story = Teller(app, first.registry)
        let lines = story.tell()
        #expect(!lines.contains { $0.hasPrefix("describe") })
        #expect(lines.filter { $0.hasPrefix("published") }.count == 3)
    }

    @Test func `choose the next publication when one is gone, and what stood on it anew`() {
        var first = Teller(app)
        first.tell()
        first.registry.gone = Set([first.registry.ids["app/RUN1"]].compactMap { $0 })
        _ = first.registry.add("app/RUN1", at: 1_500)
        _ = first.registry.add("app/RUN3", at: 1_600)
        var story = Teller(app, first.registry)
        let lines = story.tell()
        #expect(lines.contains("reused app/RUN1 @1500"))
        #expect(lines.contains("publish app/ENV2 of @1500"))
        #expect(story.outcome?.failure == nil)
        let stages = story.outcome?.records.first?.stages.map(\.facts.id.timestamp) ?? []
        #expect(stages == stages.sorted())
    }

    @Test func `are built again when the only publication is gone`() {
        var first = Teller(app)
        first.tell()
        first.registry.gone = Set([first.registry.ids["app/ENV2"]].compactMap { $0 })
        var story = Teller(app, first.registry)
        let lines = story.tell()
        #expect(lines.contains("publish app/ENV2 of @1001"))
        #expect(lines.contains("run app/RUN3 on @1004"))
        #expect(lines.last == "end: done")
    }

    @Test func `make nothing on a publication that was not yet found to be there`() {
        var first = Teller(app)
        first.tell()
        first.registry.remove("app/RUN3")
        var story = Teller(app, first.registry)
        story.heldBack = ["describe @1001"]
        story.tell()
        #expect(story.orders.isEmpty)
        story.registry.gone = Set([story.registry.ids["app/RUN1"]].compactMap { $0 })
        story.release()
        #expect(story.orders.keys.sorted() == ["app/RUN1", "app/RUN3"])
        #expect(story.lines.last == "end: done")
    }

    @Test func `ask once for a publication that several images use`() {
        let two = DrawnProject(
            .staged("a", .base("alpine"), .run("make")), .staged("b", .base("alpine"), .run("make"), .run("b")))
        var first = Teller(two)
        first.tell()
        var story = Teller(two, first.registry)
        #expect(story.tell().filter { $0.hasPrefix("describe") } == ["describe @1001", "describe @1002"])
        #expect(story.lines.last == "end: done")
    }

    @Test func `build an identical stage of two images once`() {
        let two = DrawnProject(
            .staged("a", .base("alpine"), .run("make"), .run("a")),
            .staged("b", .base("alpine"), .run("make"), .run("b")))
        var story = Teller(two)
        let lines = story.tell()
        #expect(
            lines.filter { $0.hasPrefix("publish ") } == [
                "publish a/RUN1 of alpine+1", "publish a/RUN2 of @1001+1", "publish b/RUN2 of @1001+1",
            ])
        let records = story.outcome?.records ?? []
        #expect(records.map { $0.stages.map(\.isRebuilt) } == [[true, true], [false, true]])
        #expect(records.map { $0.stages.first?.facts.id.timestamp } == [1_001, 1_001])
    }

    @Test func `name a copy from another stage when that stage has its name`() {
        let copying = DrawnProject(
            .staged(
                "app", .base("golang"), .run("make"), .base("alpine"), .copy("bin", from: 1), .run("test")))
        var story = Teller(copying)
        story.heldBack = ["publish app/RUN1 of golang+1"]
        let lines = story.tell()
        #expect(lines.last == "publish app/RUN1 of golang+1")
        story.release()
        let copied = story.orders["app/COPY3"]
        #expect(copied?.sources.count == 1)
        if case .published(let id)? = copied?.sources.first?.value.root { #expect(id.timestamp == 1_001) }
        #expect(story.lines.last == "end: done")
    }

    @Test func `name a Dockerfile stage after the one that it stands on`() {
        let standing = DrawnProject(
            .staged("app", .base("alpine"), .run("make"), .run("again", on: 1, begins: true)))
        var story = Teller(standing)
        story.tell()
        var again = Teller(standing, story.registry)
        #expect(again.tell().filter { $0.hasPrefix("reused") }.count == 2)
        // Another publication of the first gives the second another name.
        var other = story.registry
        other.gone = Set([other.ids["app/RUN1"]].compactMap { $0 })
        var third = Teller(standing, other)
        third.tell()
        #expect(third.registry.ids["app/RUN2"]?.digest != story.registry.ids["app/RUN2"]?.digest)
    }

    @Test func `go on with the bytes of a builder that was faster`() {
        var first = Teller(app)
        first.tell()
        var story = Teller(app)
        if let digest = first.registry.ids["app/RUN1"]?.digest {
            story.adopted["app/RUN1"] = StageID(digest: digest, timestamp: 777)
        }
        let lines = story.tell()
        #expect(lines.contains("adopted app/RUN1 @777"))
        #expect(lines.contains("publish app/ENV2 of @777"))
        #expect(story.publications["app/ENV2"]?.parent?.timestamp == 777)
        #expect(story.outcome?.records.first?.stages.map(\.isRebuilt) == [false, true, true])
    }

    @Test func `report and keep the images inside them`() {
        var app = DrawnImage.staged(
            "app", .base("golang"), .run("make"), .base("alpine"), .copy("bin", from: 1), .run("test"))
        app.inner = [("app/stage/builder", 1)]
        var story = Teller(DrawnProject(app))
        #expect(story.tell().suffix(3) == ["done app", "keep app/stage/builder! app!", "end: done"])
        let records = story.outcome?.records ?? []
        #expect(records.map(\.name) == ["app/stage/builder", "app"])
        #expect(records.map(\.configType) == [.unknown, .staged])
        #expect(records.map(\.isFinal) == [false, true])
        #expect(records.map { $0.stages.map(\.name) } == [["RUN"], ["COPY", "RUN"]])
        #expect(records.first?.facts.id == story.registry.ids["app/stage/builder/RUN1"])
    }

    @Test func `are kept by their names, all of them, as soon as anything was built`() {
        let one = DrawnProject(.staged("one", .base("alpine"), .run("make")))
        var first = Teller(one)
        first.tell()
        let two = DrawnProject(
            .staged("same", .base("alpine"), .run("make")), .staged("new", .base("alpine"), .run("test")))
        var story = Teller(two, first.registry)
        #expect(story.tell().contains("keep same! new!"))
    }
}
