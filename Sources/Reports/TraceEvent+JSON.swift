// Trace events as JSON, a line for each.

extension TraceEvent {
    /// The object form of a trace file.
    static func encode(_ events: [TraceEvent], program: String) -> [UInt8] {
        var text = "{\"traceEvents\":["
        for (number, event) in events.enumerated() {
            text += number == 0 ? "\n" : ",\n"
            event.write(to: &text)
        }
        text += "\n],\n\"displayTimeUnit\":\"ms\",\"otherData\":{\"program\":"
        GoJSON.write(program, to: &text)
        text += "}}\n"
        return Array(text.utf8)
    }

    /// A name for each process that has an event.
    static func processNames(of events: [TraceEvent]) -> [TraceEvent] {
        Set(events.map(\.process)).sorted().map {
            TraceEvent(.processName, $0.name, category: "", $0, thread: 0, start: .zero)
        }
    }

    private func write(to text: inout String) {
        switch phase {
        case .processName: writeName("process_name", to: &text)
        case .threadName: writeName("thread_name", to: &text)
        case .span(let end):
            writeHead("X", to: &text)
            text += ",\"dur\":" + Self.microseconds(max(end - start, .zero))
            writeArguments(to: &text)
        case .instant:
            writeHead("i", to: &text)
            text += ",\"s\":\"t\""
            writeArguments(to: &text)
        case .begin(let id): writeAsync("b", id, to: &text)
        case .end(let id): writeAsync("e", id, to: &text)
        }
        text += "}"
    }

    private func writeName(_ kind: String, to text: inout String) {
        text += "{\"ph\":\"M\",\"name\":\"\(kind)\",\"pid\":\(process.number),\"tid\":\(thread),\"args\":{\"name\":"
        GoJSON.write(name, to: &text)
        text += "}"
    }

    private func writeAsync(_ letter: String, _ id: String, to text: inout String) {
        writeHead(letter, to: &text)
        text += ",\"id\":"
        GoJSON.write(id, to: &text)
        writeArguments(to: &text)
    }

    private func writeHead(_ letter: String, to text: inout String) {
        text += "{\"ph\":\"\(letter)\",\"name\":"
        GoJSON.write(name, to: &text)
        text += ",\"cat\":\"\(category)\",\"pid\":\(process.number),\"tid\":\(thread),\"ts\":"
        text += Self.microseconds(start)
    }

    private func writeArguments(to text: inout String) {
        guard !arguments.isEmpty else { return }
        text += ",\"args\":{"
        for (number, argument) in arguments.enumerated() {
            text += (number == 0 ? "" : ",") + "\"\(argument.key)\":"
            switch argument.value {
            case .text(let value): GoJSON.write(value, to: &text)
            case .number(let value): text += String(value)
            }
        }
        text += "}"
    }

    /// With three decimals: nanoseconds.
    private static func microseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        let fraction = String(nanoseconds % 1_000)
        return "\(nanoseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
