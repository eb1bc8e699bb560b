// HEALTHCHECK NONE, and HEALTHCHECK CMD with its times.

extension InstructionBuilder {
    /// Shorter non-zero times are refused, as by Docker's API.
    private static let durationMin: Int64 = 1_000_000

    func healthcheck() throws(Fault) -> Healthcheck {
        guard let type = statement.words.first else {
            throw Fault("HEALTHCHECK requires at least one argument", at: statement.keyword.offset)
        }
        let command = statement.words.dropFirst()
        switch type.text.uppercased() {
        case "NONE":
            if let extra = command.first { throw Fault("HEALTHCHECK NONE takes no arguments", at: extra.offset) }
            return Healthcheck(test: ["NONE"])
        case "CMD":
            return try test(command.map(\.text), type)
        default:
            throw Fault("unknown type \(quoted(type.text)) in HEALTHCHECK: it must be CMD or NONE", at: type.offset)
        }
    }

    private func test(_ command: [String], _ type: Word) throws(Fault) -> Healthcheck {
        let flags = try Flags(
            statement.flags,
            known: [
                "interval": .text, "timeout": .text, "start-period": .text, "start-interval": .text, "retries": .text,
            ])
        guard !command.isEmpty else { throw Fault("missing command after HEALTHCHECK CMD", at: type.offset) }
        var result = Healthcheck(test: [statement.isJSON ? "CMD" : "CMD-SHELL"] + command)
        result.interval = try duration(flags.word("interval"), "interval")
        result.timeout = try duration(flags.word("timeout"), "timeout")
        result.startPeriod = try duration(flags.word("start-period"), "start-period")
        result.startInterval = try duration(flags.word("start-interval"), "start-interval")
        result.retries = try retries(flags.word("retries"))
        return result
    }

    private func duration(_ word: Word?, _ name: String) throws(Fault) -> Int64 {
        guard let word, !word.text.isEmpty else { return 0 }
        guard let nanoseconds = GoDuration.nanoseconds(word.text) else {
            throw Fault(
                "invalid duration \(quoted(word.text)) for --\(name)", at: word.offset,
                hint: "write a number with a unit, such as 30s or 1m30s")
        }
        guard nanoseconds == 0 || nanoseconds >= Self.durationMin else {
            throw Fault("--\(name) cannot be less than 1ms", at: word.offset)
        }
        return nanoseconds
    }

    private func retries(_ word: Word?) throws(Fault) -> Int {
        guard let word, !word.text.isEmpty else { return 0 }
        guard let retries = Int32(word.text) else {
            throw Fault("invalid number \(quoted(word.text)) for --retries", at: word.offset)
        }
        guard retries >= 0 else { throw Fault("--retries cannot be negative (\(retries))", at: word.offset) }
        return Int(retries)
    }
}
