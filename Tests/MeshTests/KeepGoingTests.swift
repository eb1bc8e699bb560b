// A build that keeps going after a failure, and a build that knows how long stages took.
import Mesh
import MeshSimulation
import Projects
import Reports
import Scheduling
import Stages
import Testing

@Suite struct `Keep going` {
    @Test func `what does not depend on the failure is built`() {
        let project = DrawnProject(
            .staged("a", .base("alpine"), .run("make"), .run("more")), .staged("b", .base("alpine"), .run("b")),
            .unstaged("on-a", .base("alpine"), .run("c")).needing(0, .imageTag),
            .unstaged("on-b", .base("alpine"), .run("d")).needing(1, .imageTag))
        var story = Teller(project, keepsGoing: true)
        story.failing = ["run a/RUN1 on alpine": "exit code 2"]
        let lines = story.tell()
        #expect(story.outcome?.records.map(\.name) == ["b", "on-b"])
        #expect(story.outcome?.failure == "stage a/RUN1: exit code 2")
        #expect(lines.contains("failed a/RUN1: exit code 2"))
        #expect(lines.contains("warning: image on-a was not built: an image that it depends on failed"))
        #expect(!lines.contains { $0.contains("a/RUN2") || $0 == "name on-a" || $0.hasPrefix("keep") })
    }

    @Test func `branches of one image that do not depend on the failure are built`() {
        let project = DrawnProject(
            .staged(
                "a", .base("alpine"), .run("one"), .base("debian"), .run("two"), .run("three"), .copy("files", from: 1))
        )
        var story = Teller(project, keepsGoing: true)
        story.failing = ["run a/RUN1 on alpine": "no"]
        let lines = story.tell()
        #expect(lines.contains { $0.hasPrefix("published a/RUN4") })
        #expect(!lines.contains { $0.contains("COPY") })
        #expect(story.outcome?.records.isEmpty == true)
    }

    @Test func `images with the same stage fail together, whenever they come to it`() {
        for isStaged in [true, false] {
            var project = DrawnProject(.staged("first", .base("alpine"), .run("x")))
            for name in ["a", "b", "c"] {
                var image = DrawnImage.staged(name, .base("alpine"), .run("make"))
                image.isStaged = isStaged
                project.images.append(name == "c" ? image.needing(0) : image)
            }
            var story = Teller(project, keepsGoing: true)
            for name in ["a", "b", "c"] { story.failing["run \(name)/RUN1 on alpine"] = "no" }
            let lines = story.tell()
            #expect(lines.filter { $0.hasPrefix("run") && $0.contains("/RUN1 on alpine") }.count == 2)
            #expect(story.outcome?.records.map(\.name) == ["first"])
            #expect(story.outcome?.failure?.hasSuffix("no") == true)
        }
    }

    @Test func `an image that can't be read fails alone, and all failures are counted`() {
        let project = DrawnProject(
            .staged("a", .base("alpine"), .run("a")), .staged("b", .base("alpine"), .run("b")),
            .staged("c", .base("alpine"), .run("c")), .staged("d", .base("alpine"), .run("d")))
        var story = Teller(project, keepsGoing: true)
        story.failing = [
            "lower a": "Dockerfile:3: what is this?", "run b/RUN1 on alpine": "no", "run c/RUN1 on alpine": "no",
        ]
        let lines = story.tell()
        #expect(lines.contains("warning: image a: Dockerfile:3: what is this?"))
        #expect(story.outcome?.records.map(\.name) == ["d"])
        #expect(
            story.outcome?.failure
                == "image a: Dockerfile:3: what is this? (of 2 stages that failed this was the first)")
    }

    @Test func `a stop ends it all the same`() {
        let project = DrawnProject(
            .staged("a", .base("alpine"), .run("a")), .staged("b", .base("alpine"), .run("b")))
        var story = Teller(project, keepsGoing: true)
        story.failing = ["run a/RUN1 on alpine": "no"]
        story.heldBack = ["run b/RUN1 on alpine"]
        story.tell()
        #expect(story.outcome == nil)
        story.send(.cancelled(.user))
        #expect(story.lines.suffix(2) == ["stopped b/RUN1", "end: stage a/RUN1: no"])
    }
}

@Suite struct `Learned durations` {
    private func book(_ durations: [String: Int64]) -> [UInt8] {
        var book = DurationBook()
        for (key, seconds) in durations { book.record(key, duration: seconds * 1_000_000_000) }
        return book.encode()
    }

    private func runs(_ project: DrawnProject, _ durations: [String: Int64]) -> [String] {
        var story = Teller(project, slots: 1, durations: book(durations))
        return story.tell().filter { $0.hasPrefix("run ") }.map { String($0.split(separator: " ")[1]) }
    }

    @Test func `the image with the longest way to the end goes first, by earlier builds`() {
        let project = DrawnProject(
            .unstaged("first", .base("alpine"), .run("1")), .unstaged("quick", .base("alpine"), .run("2")),
            .unstaged("slow", .base("alpine"), .run("3")))
        #expect(runs(project, [:]) == ["first/RUN1", "quick/RUN1", "slow/RUN1"])
        #expect(runs(project, ["run slow/RUN1": 9, "run quick/RUN1": 1]) == ["first/RUN1", "slow/RUN1", "quick/RUN1"])
    }

    @Test func `what follows counts, though it is not named yet`() {
        var project = DrawnProject(
            .staged("first", .base("alpine"), .run("0")), .staged("short", .base("alpine"), .run("1")),
            .staged("long", .base("alpine"), .run("2"), .run("3")))
        let stages: [String: Int64] = ["run short/RUN1": 5, "run long/RUN1": 1, "run long/RUN2": 9]
        #expect(runs(project, stages).dropFirst().first == "long/RUN1")
        project.images.append(DrawnImage.staged("top", .base("alpine"), .run("4")).needing(1))
        #expect(runs(project, stages.merging(["image top": 60]) { $1 }).dropFirst().first == "short/RUN1")
    }

    @Test func `a build measures what it ran and published, and nothing that it found`() {
        let project = DrawnProject(
            .staged("a", .base("alpine"), .run("make")), .unstaged("b", .base("alpine"), .run("b")))
        var first = Teller(project)
        first.tell()
        #expect(
            Set(first.outcome?.durations.keys ?? [:].keys) == [
                "run a/RUN1", "publish a/RUN1", "image a", "run b/RUN1", "publish b/dockerfile", "image b",
            ])
        #expect(first.outcome?.durations["run a/RUN1"] == 1_000_000_000)
        var again = Teller(project, first.registry)
        again.tell()
        #expect(again.outcome?.durations == [:])
    }

    @Test func `a book that can't be read is none`() {
        let project = DrawnProject(.unstaged("a", .base("alpine"), .run("make")))
        var story = Teller(project, durations: Array("weft-durations 9\n".utf8))
        story.tell()
        #expect(story.outcome?.failure == nil && story.outcome != nil)
    }
}
