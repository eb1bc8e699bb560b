// What the log says of a stage between its start and its end.
import Stages

extension ConsoleLog {
    /// Columns that wrapped output has at least, however long the stage's name is.
    private static let wrapColumnsMin = 20

    mutating func reused(_ title: StageTitle, _ facts: StageFacts) {
        let heading = "Use previously built image for \(LogStyle.name(title))"
        say(.normal, [style.paint(heading, .title)] + style.info(facts))
    }

    mutating func started(_ title: StageTitle, at time: Duration) {
        let log = StageLog(.build, at: time)
        stages[StageKey(title)] = log
        say(.normal, [style.paint(StageLog.heading(log.activity, title) + place(of: title), .title)])
        let text = HarmlessText.title(title.text)
        if !text.isEmpty { say(.normal, prefixed(title, text)) }
    }

    mutating func output(_ title: StageTitle, _ text: String) {
        let key = StageKey(title)
        var log = stages.removeValue(forKey: key)
        let isShown = style.options.level >= .normal
        for line in HarmlessText.lines(text, keepsColours: style.options.hasColours) {
            say(.normal, prefixed(title, line))
            log?.append(StageLog.Line(text: line, entry: isShown ? entryCount : nil))
        }
        stages[key] = log
    }

    /// Stages log at the same time: each row says whose it is.
    private func prefixed(_ title: StageTitle, _ line: String) -> [String] {
        let name = LogStyle.name(title)
        let prefix = style.paint(name, plan.paint(title.image)) + "  "
        guard let width = style.options.width else { return [prefix + line] }
        let columns = max(Self.wrapColumnsMin, width - TextWidth.columns(name) - 2)
        return TextWidth.wrapped(line, at: columns).map { prefix + $0 }
    }

    mutating func ran(_ title: StageTitle, _ duration: Duration, layerByteCount: Int64?) {
        stages[StageKey(title)] = nil
        work.add(nodes[StageKey(title)] ?? "", duration)
        let heading = StageLog.heading(.build, title) + place(of: title) + " " + LogStyle.seconds(duration)
        say(.normal, [style.paint(heading, .title)])
        if let layerByteCount { say(.verbose, prefixed(title, "layer: " + ReadableNumber.bytes(layerByteCount))) }
    }

    /// ` on NODE` for a stage that another node makes.
    private func place(of title: StageTitle) -> String { nodes[StageKey(title)].map { " on \($0)" } ?? "" }

    mutating func publishing(_ title: StageTitle, _ repo: String, at time: Duration) {
        let log = StageLog(.store(repo: repo), at: time)
        stages[StageKey(title)] = log
        say(.normal, [style.paint(StageLog.heading(log.activity, title), .title)])
    }

    mutating func published(_ title: StageTitle, _ facts: StageFacts, _ duration: Duration, isAdopted: Bool) {
        stages[StageKey(title)] = nil
        let tag = ":" + facts.tag
        let repo = facts.name.hasSuffix(tag) ? String(facts.name.dropLast(tag.count)) : facts.name
        var rows = style.info(facts)
        if isAdopted { rows.insert("Somebody else stored this stage first: theirs is used", at: 0) }
        let heading = StageLog.heading(.store(repo: repo), title)
        say(.normal, style.block(heading, rows, ending: " " + LogStyle.seconds(duration)))
    }

    mutating func stopped(_ title: StageTitle, at time: Duration) {
        guard let log = stages.removeValue(forKey: StageKey(title)) else { return }
        let heading = StageLog.heading(log.activity, title)
        say(.normal, ["\(heading) \(LogStyle.seconds(time - log.startedAt)) STOPPED"])
    }

    mutating func failed(_ title: StageTitle, _ message: String, at time: Duration) {
        let known = stages.removeValue(forKey: StageKey(title))
        let log = known ?? StageLog(.build, at: time)
        let failure = Failure(
            title: title, message: message, duration: known.map { time - $0.startedAt }, log: log, entry: entryCount)
        failures.append(failure)
        let isPrinted = log.tail.allSatisfy { $0.entry != nil }
        complain(block(failure, withTail: !isPrinted))
    }

    /// What is known of a failure: where, what was run, the end of what it printed, why.
    func block(_ failure: Failure, withTail: Bool) -> [String] {
        var rows: [String] = []
        let title = failure.title
        if !title.place.isEmpty { rows.append(HarmlessText.title(title.place)) }
        if !title.text.isEmpty { rows.append(HarmlessText.title(title.text)) }
        if withTail { rows += failure.log.tail.flatMap { prefixed(title, $0.text) } }
        rows += HarmlessText.lines(failure.message).map { style.paint($0, .failure) }
        let took = failure.duration.map { " " + LogStyle.seconds($0) } ?? ""
        let heading = StageLog.heading(failure.log.activity, title)
        return style.block(heading, rows, ending: took + " FAILED", paint: .failure)
    }
}
