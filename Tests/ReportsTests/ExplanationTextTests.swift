// The words of explanations, whole.
import Reports
import Testing

@Suite struct `Words of explanations` {
    private let text = ExplanationText(short: { $0 }, pair: { ($0, $1) })

    private func stage(_ number: Int, _ name: String, on parent: Int?, _ work: ExplainedStage.Work) -> ExplainedStage {
        ExplainedStage(
            number: number, stage: "app/" + name, text: name + " x", place: "Dockerfile:\(number)", work: work,
            parent: parent, sources: [])
    }

    private var image: ExplainedImage {
        var image = ExplainedImage(
            image: "app", dockerfile: "app/Dockerfile", isStaged: false, dependsOn: ["base"], state: .build)
        image.target = "site"
        image.digest = "d1"
        var copy = stage(2, "COPY1", on: 1, .copy)
        copy.sources = [1]
        copy.fate = .remembered
        var run = stage(3, "RUN2", on: 2, .run)
        run.fate = .run
        run.digest = "d3"
        run.inputs = [
            ExplainedInput(label: "arguments", words: ["make", "", "all"]), ExplainedInput(label: "user", words: [""]),
        ]
        image.stages = [stage(1, "FROM", on: nil, .base), copy, run]
        return image
    }

    private var waiting: ExplainedImage {
        var image = ExplainedImage(image: "web", dockerfile: "Dockerfile", isStaged: true, dependsOn: [], state: .waits)
        image.waitsFor = ["app"]
        return image
    }

    @Test func graph() {
        #expect(
            text.graph([image, waiting]) == [
                "app  (app/Dockerfile, target site)",
                "  depends on base",
                "1     app/FROM                                        FROM x  (Dockerfile:1)",
                "2     app/COPY1                     on 1, reads 1     COPY1 x  (Dockerfile:2)",
                "3     app/RUN2                      on 2              RUN2 x  (Dockerfile:3)",
                "web  (staged Dockerfile)",
                "  waits for app",
            ])
    }

    @Test func digests() {
        #expect(
            Array(text.digests([image, waiting]).dropFirst()) == [
                "app/RUN2  d3",
                "    arguments  make",
                "               \"\"",
                "               all",
                "web",
                "  waits for app",
            ])
    }

    @Test func plan() {
        var reused = image
        reused.state = .reused
        reused.published = "repo:tag"
        #expect(
            text.plan([[reused], [image, waiting]]) == [
                "set 1",
                "  app                       reused   repo:tag",
                "set 2",
                "  app                       build    publish as d1",
                "    COPY1                   remembered    COPY1 x",
                "    RUN2                    run           RUN2 x",
                "  web                       waits    for app",
                "",
                "1 images reused, 1 to build (1 stages to run, 1 remembered), 1 waiting for those",
            ])
    }

    @Test func `a plan with nothing to do says so`() {
        var reused = image
        reused.state = .reused
        #expect(text.plan([[reused]]).last == "nothing to build: 1 images reused")
    }

    @Test func `why a stage is rebuilt`() {
        var cause = ExplainedRebuild(
            stage: "app/RUN1", text: "RUN a", place: "Dockerfile:2", outcome: "rebuilt", comparison: .new)
        cause.oldCommit = "0123456789abcdef"
        var rebuild = ExplainedRebuild(
            stage: "app/RUN2", text: "RUN b", place: "Dockerfile:3", outcome: "rebuilt", comparison: .changed)
        rebuild.oldCommit = "0123456789abcdef"
        rebuild.oldStage = "app/RUN1"
        rebuild.changes = [
            ExplainedChange(kind: .changed, label: "files", old: ["1"], new: ["2"]),
            ExplainedChange(kind: .added, label: "Mounts", old: [], new: ["cache"]),
        ]
        rebuild.below = [cause]
        #expect(
            text.rebuild(rebuild) == [
                "app/RUN2  RUN b  (Dockerfile:3)",
                "  rebuilt",
                "  inputs that changed since the build of commit 0123456789ab, where it was app/RUN1:",
                "    files",
                "      - 1",
                "      + 2",
                "    Mounts  (new)",
                "      + cache",
                "    which files: git diff --stat 0123456789ab",
                "",
                "because of",
                "app/RUN1  RUN a  (Dockerfile:2)",
                "  rebuilt",
                "  it is new since the build of commit 0123456789ab",
            ])
    }
}
