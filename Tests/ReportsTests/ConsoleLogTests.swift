// The plain log: small builds and all that is said of them.
import Digests
import Reports
import Stages
import Testing

@Suite struct `The console log` {
    private let run = SmallWorld.title("backend", "RUN1", "RUN npm ci \\\n  --quiet", place: "Dockerfile:12")
    private let copy = SmallWorld.title("frontend", "COPY2", "COPY . .", place: "web/Dockerfile:3")
    private let whole = SmallWorld.title("backend", "dockerfile", "Dockerfile", place: "werf.yaml:4")

    private func events() throws -> [BuildEvent] {
        let old = try SmallWorld.facts(commit: SmallWorld.commit)
        let new = try SmallWorld.facts(
            "9320", timestamp: 1_700_000_001_234, byteCount: 26_319_258, added: 20_761_805)
        return [
            .planned(
                sets: [[PlannedImage(name: "backend", isFinal: true), PlannedImage(name: "frontend", isFinal: false)]],
                limit: 5),
            .imageStarted(image: "backend"), .imageStarted(image: "frontend"),
            .stageReused(copy, old),
            .imageFinished(SmallWorld.record("frontend", facts: old, duration: .milliseconds(90))),
            .stepRemembered(SmallWorld.title("backend", "COPY1")),
            .stageStarted(run), .stageOutput(run, line: "+ npm ci", isError: false),
            .stageOutput(run, line: "added 10 packages\u{1B}[2J", isError: true),
            .stageRan(run, duration: .milliseconds(10_010), layerByteCount: 20_761_805),
            .publishStarted(whole, repo: SmallWorld.repo),
            .stagePublished(whole, new, duration: .milliseconds(1_230), adopted: false),
            .imageFinished(SmallWorld.record("backend", facts: new, isRebuilt: true)),
        ]
    }

    @Test func `tells a build as werf does`() throws {
        var log = ConsoleLog(LogOptions())
        let text = told(&log, try events())
        let zeros = String(repeating: "0", count: 52)
        #expect(
            text.output == """
                ┌ Concurrent build plan (no more than 5 images at the same time)
                │ Set #0:
                │ - 🛳️  (1/2) image backend
                │ - 🏗️  (2/2) image frontend
                └ Concurrent build plan (no more than 5 images at the same time)

                Use previously built image for frontend/COPY2
                     name: registry.example/app:2fd1\(zeros)-1700000000000
                       id: 2fd1456789ab
                  created: 2026-01-02 03:04:05 +0000 UTC
                     size: 5.3 MiB
                   commit: 0123456789abcdef0123456789abcdef01234567
                🏗️  (2/2) image frontend (0.09 seconds)
                Use remembered step backend/COPY1
                Building stage backend/RUN1
                backend/RUN1  RUN npm ci \\ --quiet
                backend/RUN1  + npm ci
                backend/RUN1  added 10 packages
                Building stage backend/RUN1 (10.01 seconds)
                Store stage backend/dockerfile into registry.example/app
                ┌ Store stage backend/dockerfile into registry.example/app
                │      name: registry.example/app:9320\(zeros)-1700000001234
                │        id: 9320456789ab
                │   created: 2026-01-02 03:04:05 +0000 UTC
                │      size: 25.1 MiB (+19.8 MiB)
                └ Store stage backend/dockerfile into registry.example/app (1.23 seconds)
                🛳️  (1/2) image backend (12.34 seconds)

                """)
        #expect(text.errors.isEmpty)
        let end = log.finish(failure: nil, at: .milliseconds(12_500))
        #expect(
            end.output == """

                ┌ Build summary
                │ Set #0:
                │ - 🛳️  (1/2) image backend (12.34 seconds) rebuilt
                │ - 🏗️  (2/2) image frontend (0.09 seconds) reused
                └ Build summary
                Running time 12.50 seconds

                """)
        #expect(end.errors.isEmpty)
    }

    @Test func `is plain when it shall not be pretty`() throws {
        var log = ConsoleLog(LogOptions(isPretty: false))
        let text = told(&log, try events()).output + log.finish(failure: nil, at: .zero).output
        #expect(text.contains("\n(1/2) image backend (12.34 seconds)\n"))
        #expect(text.unicodeScalars.allSatisfy { $0.value < 0x80 })
    }

    @Test func `says nothing but errors when it is quiet`() throws {
        var log = ConsoleLog(LogOptions(level: .quiet))
        let text = told(&log, try events() + [.warning("old"), .detail("x")])
        #expect(text.output.isEmpty && text.errors.isEmpty)
        let end = log.finish(failure: nil, at: .zero)
        #expect(end.output.isEmpty && end.errors.isEmpty)
    }

    @Test func `says more when it is verbose`() throws {
        var log = ConsoleLog(LogOptions(level: .verbose))
        let transfer = Transfer(.pull, subject: "alpine:3.19", blob: try SmallWorld.blob("a"))
        let events = try events() + [.detail("one\ntwo"), .transferred(transfer, byteCount: 2048, total: 2048)]
        let text = told(&log, events).output
        for line in [
            "🛳️  (1/2) image backend", "backend/RUN1  layer: 19.8 MiB", "one", "two",
            "Pulled aaaaaaaaaaaa of alpine:3.19, 2.0 KiB",
        ] {
            #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)")
        }
    }

    @Test func `has colours only when asked`() throws {
        var log = ConsoleLog(LogOptions(hasColours: true))
        let coloured = SmallWorld.title("backend", "RUN1")
        let text = told(
            &log,
            [try events()[0], .stageStarted(coloured), .stageOutput(coloured, line: "\u{1B}[32mok", isError: false)]
        ).output
        #expect(text.hasSuffix("\u{1B}[33;1mbackend/RUN1\u{1B}[0m  \u{1B}[32mok\u{1B}[0m\n"))
        var plain = ConsoleLog(LogOptions())
        #expect(!told(&plain, try events()).output.contains("\u{1B}"))
    }

    @Test func `wraps output and repeats whose it is`() {
        var log = ConsoleLog(LogOptions(width: 34))
        let text = told(&log, [.stageOutput(run, line: String(repeating: "x", count: 45), isError: false)]).output
        #expect(
            text == """
                backend/RUN1  xxxxxxxxxxxxxxxxxxxx
                backend/RUN1  xxxxxxxxxxxxxxxxxxxx
                backend/RUN1  xxxxx

                """)
    }

    @Test func `puts the time in front of every line`() throws {
        var log = ConsoleLog(LogOptions(timePrefix: { "\($0.components.seconds)s " }))
        let text = told(&log, Array(try events().prefix(1))).output
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("0s ") })
    }

    @Test func `says when somebody else was first`() throws {
        var log = ConsoleLog(LogOptions())
        let event = BuildEvent.stagePublished(whole, try SmallWorld.facts(), duration: .zero, adopted: true)
        #expect(told(&log, [event]).output.contains("│ Somebody else stored this stage first: theirs is used\n"))
    }

    @Test func `repeats each warning once at the end`() {
        var log = ConsoleLog(LogOptions())
        let text = told(&log, [.warning("a\nb"), .warning("c"), .warning("a\nb")])
        #expect(text.errors == "WARNING: a\nb\nWARNING: c\n")
        #expect(log.finish(failure: nil, at: .zero).errors == "\nWARNING: a\nb\nWARNING: c\n")
    }

    @Test func `names what is missing`() throws {
        var log = ConsoleLog(LogOptions(level: .quiet))
        let digest = try SmallWorld.facts().id.digest
        #expect(
            told(&log, [.missing(whole, digest: digest)]).errors
                == "Stage backend/dockerfile is not in the repo: nothing has the digest \(digest)\n")
    }

    @Test func `tells of bytes that move now and then`() throws {
        var log = ConsoleLog(LogOptions())
        let transfer = Transfer(.push, subject: "backend/RUN1", blob: try SmallWorld.blob("b"))
        let events = (0...61).map { BuildEvent.transferred(transfer, byteCount: $0 * 1_048_576, total: 104_857_600) }
        #expect(
            told(&log, events).output == """
                Pushing backend/RUN1: 30.0 MiB of 100.0 MiB, 1.0 MiB/s
                Pushing backend/RUN1: 60.0 MiB of 100.0 MiB, 1.0 MiB/s

                """)
    }
}
