// What the log says of an image at its end, and of the build at its end.

extension ConsoleLog {
    mutating func finished(_ record: ImageRecord) {
        records.append(record)
        say(.normal, [label(record.name) + " " + LogStyle.seconds(record.duration)])
    }

    mutating func end(failure: String?, at time: Duration) -> [Line] {
        if failure == nil { summarise() } else { repeatFailures() }
        repeatWarnings()
        say(.normal, ["Running time \(ReadableNumber.seconds(time)) seconds"])
        if let failure {
            var rows = HarmlessText.lines(failure)
            rows[0] = "Error: " + rows[0]
            complain(rows.map { style.paint($0, .failure) })
        }
        return takeLines()
    }

    /// The plan once more, with times, and with what was built and what was found.
    private mutating func summarise() {
        guard !records.isEmpty else { return }
        var endings: [String: String] = [:]
        for record in records {
            endings[record.name] =
                " \(LogStyle.seconds(record.duration)) \(record.isRebuilt ? "rebuilt" : "reused")"
        }
        var rows = plan.rows(style) { endings[$0] ?? "" }
        rows += records.filter { !plan.contains($0.name) }.map { "- " + label($0.name) + (endings[$0.name] ?? "") }
        say(.normal, [""] + style.block("Build summary", rows))
        say(.normal, work.rows)
    }

    /// Only what the reader does not have before their eyes: something else was printed since, or in between.
    private mutating func repeatFailures() {
        var following = entryCount
        for failure in failures.suffix(Self.repeatedFailuresMax).reversed() {
            guard failure.entry + 1 == following, failure.isTailInSight else { break }
            following = failure.entry
        }
        let hidden = failures.filter { $0.entry < following }
        if hidden.count > Self.repeatedFailuresMax {
            complain(["\(hidden.count - Self.repeatedFailuresMax) more stages failed, see above"])
        }
        for failure in hidden.suffix(Self.repeatedFailuresMax) { complain(block(failure, withTail: true)) }
    }

    private mutating func repeatWarnings() {
        guard !warnings.isEmpty else { return }
        var rows = warnings.flatMap { $0.split(separator: "\n").map(String.init) }
        if unlistedWarningCount > 0 { rows.append("and \(unlistedWarningCount) more") }
        complain([""] + rows.map { style.paint($0, .warning) })
    }
}

extension ConsoleLog.Failure {
    /// The tail was printed with the failure, or right before it without anything of others in between.
    fileprivate var isTailInSight: Bool {
        log.tail.contains { $0.entry == nil } || log.isInSight(last: entry, own: 1)
    }
}
