// The live view, drawn: its bytes go to a small terminal, and the terminal's screen is what counts.
import Stages
import Testing

@testable import Reports

@Suite struct `The live view` {
    private let run = SmallWorld.title("backend", "RUN1", "RUN npm ci", place: "Dockerfile:12")
    private let copy = SmallWorld.title("frontend", "COPY2", "COPY . .")

    @Test func `shows what runs below the log`() throws {
        var terminal = TinyTerminal(columns: 60, rows: 12)
        var view = LiveView(LogOptions(), columns: 60, rows: 12)
        try terminal.write(view.step(.stageReused(SmallWorld.title("backend", "FROM1"), SmallWorld.facts()), at: .zero))
        try terminal.write(view.step(.stageStarted(run), at: .seconds(1)))
        try terminal.write(view.step(.stageStarted(copy), at: .seconds(2)))
        try terminal.write(view.step(.stageOutput(run, line: "added 10 packages", isError: false), at: .seconds(3)))
        let pull = Transfer(.pull, subject: "alpine:3.19", blob: try SmallWorld.blob("a"))
        try terminal.write(view.step(.transferred(pull, byteCount: 1_048_576, total: 4_194_304), at: .seconds(4)))
        #expect(
            terminal.screen.suffix(9).joined(separator: "\n")
                == """
                Building stage backend/RUN1
                backend/RUN1  RUN npm ci
                Building stage frontend/COPY2
                frontend/COPY2  COPY . .
                backend/RUN1  added 10 packages
                Building: 1 of 3 stages done, 1 reused, 4.0s
                     3.0s  backend/RUN1  RUN npm ci
                           added 10 packages
                     2.0s  frontend/COPY2  COPY . .
                  Pulling alpine:3.19: 1.0 MiB of 4.0 MiB, 1.0 MiB/s
                """.split(separator: "\n").suffix(9).joined(separator: "\n"))
        #expect(!terminal.isCursorShown)
        try terminal.write(view.tick(at: .milliseconds(4_100)))
        #expect(terminal.screen.contains("Building: 1 of 3 stages done, 1 reused, 4.1s"))
        #expect(terminal.wrapCount == 1, "only the stage's long name, which belongs to the log")
    }

    @Test func `ends with the log alone and gives the cursor back`() throws {
        var terminal = TinyTerminal(columns: 60, rows: 8)
        var view = LiveView(LogOptions(), columns: 60, rows: 8)
        try terminal.write(view.step(.stageStarted(run), at: .seconds(1)))
        try terminal.write(view.step(.stageRan(run, duration: .seconds(2), layerByteCount: nil), at: .seconds(3)))
        try terminal.write(view.finish(failure: nil, at: .seconds(4)))
        #expect(
            terminal.everything.joined(separator: "\n") == """
                Building stage backend/RUN1
                backend/RUN1  RUN npm ci
                Building stage backend/RUN1 (2.00 seconds)
                Running time 4.00 seconds
                """)
        #expect(terminal.isCursorShown)
        #expect(view.restore().isEmpty)
    }

    @Test func `writes nothing when nothing changed and little when much is said`() {
        var view = LiveView(LogOptions(), columns: 60, rows: 8)
        #expect(view.tick(at: .zero).isEmpty)
        #expect(!view.step(.stageStarted(run), at: .seconds(1)).isEmpty)
        #expect(view.tick(at: .seconds(1)).isEmpty)
        #expect(view.step(.stageOutput(run, line: "a", isError: false), at: .milliseconds(1_010)).isEmpty)
        #expect(view.step(.stageOutput(run, line: "b", isError: false), at: .milliseconds(1_020)).isEmpty)
        let chunk = String(decoding: view.tick(at: .milliseconds(1_060)), as: UTF8.self)
        #expect(chunk.contains("backend/RUN1  a\r\nbackend/RUN1  b\r\n"))
        var writes = 0
        for number in 0..<1000 {
            let line = String(repeating: "x", count: 1000)
            let time = Duration.milliseconds(1_060) + .microseconds(number)
            if !view.step(.stageOutput(run, line: line, isError: false), at: time).isEmpty { writes += 1 }
        }
        #expect((10...20).contains(writes), "what waits is bounded")
    }

    @Test func `leaves out what has no room`() throws {
        var terminal = TinyTerminal(columns: 40, rows: 5)
        var view = LiveView(LogOptions(level: .normal), columns: 40, rows: 5)
        for number in 1...9 {
            let title = SmallWorld.title("app", "RUN\(number)", "RUN " + String(repeating: "日本", count: 30))
            try terminal.write(view.step(.stageStarted(title), at: .seconds(number)))
        }
        #expect(
            Array(terminal.screen.suffix(4)) == [
                "Building: 0 of 9 stages done, 9.0s", "     8.0s  app/RUN1  RUN 日本日本日本…",
                "     7.0s  app/RUN2  RUN 日本日本日本…", "  … and 7 more",
            ])
        for rows in [0, 1, 2] {
            let block = LiveBlock(style: LogStyle(options: LogOptions()), columns: 40, rows: rows)
            var progress = BuildProgress()
            progress.step(.stageStarted(run), at: .zero)
            #expect(block.rows(progress, TransferMeter(), at: .zero).count == rows)
        }
    }

    @Test func `takes back rows that are not needed any more`() throws {
        var terminal = TinyTerminal(columns: 60, rows: 8)
        var view = LiveView(LogOptions(), columns: 60, rows: 8)
        let pull = Transfer(.pull, subject: "alpine:3.19", blob: try SmallWorld.blob("a"))
        try terminal.write(view.step(.stageStarted(run), at: .zero))
        try terminal.write(view.step(.transferred(pull, byteCount: 1, total: 2), at: .seconds(1)))
        #expect(terminal.screen.last == "  Pulling alpine:3.19: 1 B of 2 B, 1 B/s")
        try terminal.write(view.step(.transferred(pull, byteCount: 2, total: 2), at: .seconds(2)))
        #expect(terminal.screen.last == "     2.0s  backend/RUN1  RUN npm ci")
    }

    @Test func `is quiet when the log is`() {
        var view = LiveView(LogOptions(level: .quiet), columns: 40, rows: 9)
        #expect(view.step(.stageStarted(run), at: .zero).isEmpty)
        #expect(view.tick(at: .seconds(1)).isEmpty)
        #expect(view.finish(failure: nil, at: .seconds(2)).isEmpty)
    }

    @Test func `follows a terminal that gets narrower`() throws {
        var view = LiveView(LogOptions(), columns: 80, rows: 20)
        let long = SmallWorld.title("app", "RUN1", String(repeating: "word ", count: 40))
        _ = view.step(.stageStarted(long), at: .zero)
        // The two rows of 79 columns or less that were drawn take one and two rows of 60 columns now.
        let chunk = String(decoding: view.resize(columns: 60, rows: 20, at: .seconds(1)), as: UTF8.self)
        #expect(chunk.hasPrefix("\r\u{1B}[2A"))
        let next = String(decoding: view.tick(at: .seconds(2)), as: UTF8.self)
        #expect(next.hasPrefix("\r\u{1B}[1ABuilding"))
    }

    @Test(arguments: 1...40)
    func `never breaks the screen, whatever happens`(seed: Int) throws {
        var random = SeededNumbers(seed: UInt64(seed))
        let columns = [20, 33, 80, 140][seed % 4]
        let rows = [3, 6, 24][seed % 3]
        let options = LogOptions(hasColours: seed.isMultiple(of: 2), width: columns)
        var terminal = TinyTerminal(columns: columns, rows: rows)
        var reference = TinyTerminal(columns: columns, rows: rows)
        var view = LiveView(options, columns: columns, rows: rows)
        var log = ConsoleLog(options, showsTransfers: false)
        var time = Duration.zero
        var waiting: [ConsoleLog.Line] = []
        var shadow = Shadow(style: LogStyle(options: options), columns: columns, rows: rows)
        for _ in 0..<300 {
            time += .milliseconds(random.next(200))
            let event = try random.event()
            shadow.step(event, at: time)
            let chunk = view.step(event, at: time)
            waiting += log.handle(event, at: time)
            guard !chunk.isEmpty else { continue }
            try terminal.write(chunk)
            try write(waiting, to: &reference)
            waiting = []
            let block = shadow.block(at: time)
            try #require(terminal.upToCursor == reference.upToCursor.dropLast(block.isEmpty ? 0 : 1) + block)
            try #require(terminal.isBlankBelow)
            try #require(block.count < rows)
        }
        try write(waiting, to: &reference)
        try terminal.write(view.finish(failure: "end", at: time))
        try write(log.end(failure: "end", at: time), to: &reference)
        #expect(terminal.everything == reference.everything)
        #expect(terminal.wrapCount == reference.wrapCount, "no row of the block is wider than the terminal")
        #expect(terminal.isCursorShown)
    }

    private func write(_ lines: [ConsoleLog.Line], to terminal: inout TinyTerminal) throws {
        for line in lines { try terminal.write(Array((line.text + "\r\n").utf8)) }
    }
}

/// What the block should show: the same values, without a screen to keep.
private struct Shadow {
    let style: LogStyle
    let columns: Int
    let rows: Int
    var progress = BuildProgress()
    var transfers = TransferMeter()

    mutating func step(_ event: BuildEvent, at time: Duration) {
        progress.step(event, at: time)
        guard case .transferred(let transfer, let byteCount, let total) = event else { return }
        transfers.step(transfer, byteCount: byteCount, total: total, at: time)
    }

    func block(at time: Duration) -> [String] {
        LiveBlock(style: style, columns: columns - 1, rows: rows - 1).rows(progress, transfers, at: time).map { row in
            var text = HarmlessText.lines(row.text).joined()
            while text.hasSuffix(" ") { text.removeLast() }
            return text
        }
    }
}
