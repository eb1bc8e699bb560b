// How builds end: dependencies and their arguments, checks, failures, stops, and silence afterwards.
import Digests
import Mesh
import MeshSimulation
import Planning
import Projects
import Reports
import Scheduling
import Stages
import Testing

@Suite struct `Dependencies between images` {
    @Test func `give arguments of every type, and the dependent waits`() {
        let project = DrawnProject(
            .staged("base", .base("alpine"), .run("make")),
            .unstaged("app", .base("alpine"), .run("app"))
                .needing(0, .imageName, .imageTag, .imageRepo, .imageID, .imageDigest))
        var story = Teller(project)
        let lines = story.tell()
        let facts = story.outcome?.records.first?.facts
        #expect(lines.firstIndex(of: "done base").map { lines[$0 + 1] } == "name app")
        #expect(
            story.arguments["app"] == [
                "ImageName0": facts?.name ?? "", "ImageTag0": facts?.tag ?? "", "ImageRepo0": DrawnProject.repo,
                "ImageID0": facts?.imageID.description ?? "", "ImageDigest0": facts?.manifestDigest?.description ?? "",
            ])
        let tag = facts?.tag ?? ""
        #expect(story.publications["app/dockerfile"]?.labels.values.contains(tag) == true)
    }

    @Test func `that can never be met end the build with their names`() {
        let project = DrawnProject(.staged("a", .base("alpine"), .run("a")).needing(0))
        var story = Teller(project)
        #expect(story.tell() == ["list", "end: the images a wait for each other"])
    }

    @Test func `are not needed by a build of nothing`() {
        var story = Teller(DrawnProject())
        #expect(story.tell() == ["list", "keep ", "end: done"])
    }
}

@Suite struct `Checks of built images` {
    let project = DrawnProject(
        .staged("base", .base("alpine"), .run("make"), .run("test")), .unstaged("tool", .base("alpine"), .run("tool")),
        .unstaged("app", .base("alpine"), .run("app")).needing(0, .imageName))

    @Test func `say what is missing, run nothing, and say what can't be looked for`() {
        var first = Teller(project)
        first.tell()
        first.registry.remove("base/RUN2")
        var story = Teller(project, first.registry, mode: .check)
        let lines = story.tell()
        #expect(lines.contains("missing base/RUN2"))
        #expect(lines.contains("done tool"))
        #expect(
            lines.contains("warning: image app was not looked for: its name depends on an image that is missing"))
        #expect(lines.last == "end: done")
        #expect(!lines.contains { $0.hasPrefix("run") || $0.hasPrefix("publish") || $0.hasPrefix("keep") })
        #expect(story.outcome?.missing.map(\.title.description) == ["base/RUN2"])
    }

    @Test func `find what is there`() {
        var first = Teller(project)
        first.tell()
        var story = Teller(project, first.registry, mode: .check)
        story.tell()
        #expect(story.outcome?.missing == [])
        #expect(story.outcome?.records.map(\.name) == ["base", "tool", "app"])
    }

    @Test func `count a broken publication as missing`() {
        var first = Teller(project)
        first.tell()
        first.registry.gone = Set([first.registry.ids["tool/dockerfile"]].compactMap { $0 })
        var story = Teller(project, first.registry, mode: .check)
        #expect(story.tell().contains("missing tool/dockerfile"))
    }
}

@Suite struct `The end of a build` {
    let two = DrawnProject(
        .staged("a", .base("alpine"), .run("make"), .run("more")), .staged("b", .base("alpine"), .run("b")))

    @Test func `comes with the message of the stage that failed, and all else is stopped`() {
        var story = Teller(two)
        story.heldBack = ["run b/RUN1 on alpine"]
        story.failing = ["run a/RUN1 on alpine": "exit code 2"]
        #expect(
            story.tell().suffix(5) == [
                "run b/RUN1 on alpine", "failed a/RUN1: exit code 2", "stop", "stopped b/RUN1",
                "end: stage a/RUN1: exit code 2",
            ])
    }

    @Test func `waits for a stage that finishes after the stop, and starts nothing on it`() {
        var story = Teller(two)
        story.heldBack = ["run a/RUN1 on alpine", "run b/RUN1 on alpine"]
        story.tell()
        guard case .run(let failed, _)? = story.held.first, case .run(let late, _)? = story.held.last else {
            Issue.record("nothing runs")
            return
        }
        let effects = story.machine.step(
            .jobFailed(failed, message: "no", .failed), now: .init(nanoseconds: 0))
        #expect(!effects.contains { if case .end = $0 { true } else { false } })
        let end = story.machine.step(
            .ran(late, StageResult(layer: nil, pulledFrom: nil, duration: .zero)), now: .init(nanoseconds: 0))
        #expect(
            end.contains { if case .end(let outcome) = $0 { outcome.failure == "stage a/RUN1: no" } else { false } })
        #expect(!end.contains { if case .publish = $0 { true } else { false } })
    }

    @Test func `comes with the reason of a stop`() {
        for (reason, text) in [
            (Scheduler.StopReason.user, "stopped by the user"), (.deadline, "stopped: the time limit was reached"),
        ] {
            var story = Teller(two)
            story.heldBack = ["run a/RUN1 on alpine", "run b/RUN1 on alpine"]
            story.tell()
            story.send(.cancelled(reason))
            #expect(story.lines.suffix(5).filter { $0.hasPrefix("stopped ") }.count == 2)
            #expect(story.lines.last == "end: \(text)")
        }
    }

    @Test func `comes at once when nothing runs`() {
        var story = Teller(two)
        story.heldBack = ["lower a", "lower b"]
        story.tell()
        story.send(.imageFailed(image: 0, message: "Dockerfile:3: what is this?"))
        #expect(story.lines.last == "end: image a: Dockerfile:3: what is this?")
    }

    @Test func `is followed by nothing`() {
        var story = Teller(two)
        story.heldBack = ["lower b"]
        story.failing = ["run a/RUN1 on alpine": "no"]
        story.tell()
        let count = story.lines.count
        story.release()
        story.send(.cancelled(.user))
        story.send(.kept)
        story.send(.failed(message: "late"))
        #expect(story.lines.count == count)
        #expect(story.outcome?.failure == "stage a/RUN1: no")
    }

    @Test func `fails when the last tags can't be written, or it is stopped before`() {
        var story = Teller(two)
        story.failing = ["keep a! b!": "the registry is gone"]
        #expect(story.tell().last == "end: the registry is gone")
        var stopped = Teller(two)
        stopped.heldBack = ["keep a! b!"]
        stopped.tell()
        stopped.send(.cancelled(.user))
        #expect(stopped.lines.last == "end: stopped by the user")
        #expect(stopped.outcome?.records.count == 2)
    }

    @Test func `keeps to the limits of the node`() {
        let images = (0..<6).map { DrawnImage.staged("i\($0)", .base("alpine"), .run("\($0)")) }
        var project = DrawnProject()
        project.images = images
        var story = Teller(project, slots: 4, tasksLimit: 2)
        story.heldBack = Set((0..<6).map { "run i\($0)/RUN1 on alpine" })
        #expect(story.tell().filter { $0.hasPrefix("run") }.count == 2)
    }
}

@Suite struct `Large builds` {
    @Test func `a chain of 10,000 stages, and reuse of it`() {
        var project = DrawnProject(.staged("app", .base("alpine")))
        project.images[0].stages += (1...10_000).map { .run("\($0)") }
        var story = Teller(project)
        story.tell()
        #expect(story.outcome?.records.first?.stages.count == 10_000)
        var again = Teller(project, story.registry)
        again.tell()
        #expect(again.outcome?.records.first?.isRebuilt == false)
        #expect(again.orders.isEmpty)
    }

    @Test func `1,000 images in a row, and 1,000 on one`() {
        var project = DrawnProject(.unstaged("i0", .base("alpine"), .run("0")))
        for number in 1..<1_000 {
            let image = DrawnImage.unstaged("i\(number)", .base("alpine"), .run("\(number)"))
            project.images.append(image.needing(number - 1, .imageTag))
        }
        for number in 1_000..<2_000 {
            project.images.append(DrawnImage.staged("i\(number)", .base("alpine"), .run("1")).needing(0, .imageRepo))
        }
        var story = Teller(project)
        story.tell()
        #expect(story.outcome?.records.count == 2_000)
        // The thousand are the same stage.
        #expect(story.registry.tags.count == 1_001)
    }
}
