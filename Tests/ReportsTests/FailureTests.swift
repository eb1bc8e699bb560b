// What the log says of stages that fail, and what it says again at the end.
import Reports
import Stages
import Testing

@Suite struct `Failures in the log` {
    private let run = SmallWorld.title("backend", "RUN1", "RUN npm ci", place: "Dockerfile:12")
    private let copy = SmallWorld.title("frontend", "COPY2", "COPY . .", place: "web/Dockerfile:3")
    private let message = "the command ended with code 1"
    private let block = """
        ┌ Building stage backend/RUN1
        │ Dockerfile:12
        │ RUN npm ci
        │ the command ended with code 1
        └ Building stage backend/RUN1 (2.00 seconds) FAILED

        """

    @Test func `are told with place and instruction`() {
        var log = ConsoleLog(LogOptions())
        let text = told(
            &log,
            [.stageStarted(run), .stageOutput(run, line: "boom", isError: true), .stageFailed(run, message: message)])
        #expect(text.errors == block)
        let end = log.finish(failure: "stage backend/RUN1: \(message)", at: .seconds(3))
        #expect(end.errors == "Error: stage backend/RUN1: the command ended with code 1\n")
        #expect(end.output == "Running time 3.00 seconds\n")
    }

    @Test func `are repeated with the end of the output when others spoke in between`() {
        var log = ConsoleLog(LogOptions())
        let text = told(
            &log,
            [
                .stageStarted(run), .stageStarted(copy), .stageFailed(run, message: message), .stageStopped(copy),
            ])
        #expect(text.errors == block)
        #expect(text.output.hasSuffix("Building stage frontend/COPY2 (2.00 seconds) STOPPED\n"))
        #expect(log.finish(failure: "x", at: .zero).errors == block + "Error: x\n")
    }

    @Test func `bring back the last twenty lines`() throws {
        var log = ConsoleLog(LogOptions())
        var events: [BuildEvent] = [.stageStarted(run), .stageStarted(copy)]
        for number in 1...25 {
            events.append(.stageOutput(run, line: "line \(number)", isError: false))
            if number == 10 { events.append(.stageOutput(copy, line: "other", isError: false)) }
        }
        let text = told(&log, events + [.stageFailed(run, message: message)])
        #expect(!text.errors.contains("line 25"))
        let rows = log.finish(failure: "x", at: .zero).errors.split(separator: "\n").map(String.init)
        try #require(rows.count == 26)
        #expect(Array(rows[1...2]) == ["│ Dockerfile:12", "│ RUN npm ci"])
        #expect(Array(rows[3..<23]) == (6...25).map { "│ backend/RUN1  line \($0)" })
        #expect(rows[23] == "│ the command ended with code 1")
        #expect(rows[24].hasSuffix("FAILED"))
    }

    @Test func `are not repeated when others spoke before the last twenty lines`() {
        var log = ConsoleLog(LogOptions())
        var events: [BuildEvent] = [.stageStarted(run), .stageOutput(copy, line: "other", isError: false)]
        events += (1...25).map { .stageOutput(run, line: "line \($0)\nand more", isError: false) }
        _ = told(&log, events + [.stageFailed(run, message: message)])
        #expect(log.finish(failure: "x", at: .zero).errors == "Error: x\n")
    }

    @Test func `show the output that a quiet log kept back`() {
        var log = ConsoleLog(LogOptions(level: .quiet))
        let text = told(
            &log,
            [.stageStarted(run), .stageOutput(run, line: "boom", isError: true), .stageFailed(run, message: message)])
        #expect(text.output.isEmpty)
        #expect(text.errors.contains("│ backend/RUN1  boom\n"))
        #expect(log.finish(failure: "x", at: .zero).errors == "Error: x\n")
    }

    @Test func `of storing name the repo`() {
        var log = ConsoleLog(LogOptions(isPretty: false, hasColours: true))
        let title = SmallWorld.title("app", "dockerfile")
        let text = told(&log, [.publishStarted(title, repo: "r/app"), .stageFailed(title, message: "no\nroom")])
        #expect(
            text.errors == """
                \u{1B}[31;1mStore stage app/dockerfile into r/app\u{1B}[0m
                \u{1B}[31;1mno\u{1B}[0m
                \u{1B}[31;1mroom\u{1B}[0m
                \u{1B}[31;1mStore stage app/dockerfile into r/app (1.00 seconds) FAILED\u{1B}[0m

                """)
    }

    @Test func `cannot forge lines or move the cursor`() {
        var log = ConsoleLog(LogOptions())
        let title = SmallWorld.title("app\u{1B}[2J", "RUN1", "RUN \u{1B}[1A x", place: "a\nb:1")
        let text = told(&log, [.stageStarted(title), .stageFailed(title, message: "\u{1B}]0;t\u{7}why\r\n")])
        let all = text.output + text.errors + log.finish(failure: "\u{9B}2Jx", at: .zero).errors
        #expect(!all.unicodeScalars.contains { $0 != "\n" && ($0.value < 0x20 || (0x7F...0x9F).contains($0.value)) })
        #expect(text.errors.contains("│ a b:1\n"))
    }
}
