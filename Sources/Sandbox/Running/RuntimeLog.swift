// The runtime's log, and what its complaints mean for people.

enum RuntimeLog {
    /// The last error of a log in JSON lines, or nil when it holds none.
    static func failure(_ log: String, program: String, runtime: String) -> SandboxError? {
        let errors = log.split(separator: "\n").filter { field("level", of: $0) == "error" }
        guard let message = errors.last.flatMap({ field("msg", of: $0) }) else { return nil }
        let lower = message.lowercased()
        let starts = ["exec", "executable", "open executable"].contains { lower.contains($0) }
        if starts, lower.contains("no such file") || lower.contains("not found") {
            return .image(
                "exec \(program): no such file or directory: the program, or the interpreter or loader it names, is "
                    + "not in the image")
        }
        if starts, lower.contains("exec format error") {
            return .image("exec \(program): not a program for this machine, or a script without a #! line")
        }
        if starts, lower.contains("permission denied") {
            return .image("exec \(program): permission denied: it is not executable for the step's user")
        }
        return .runtime("\(runtime) could not run the step: \(message)")
    }

    /// The text of one string member of a flat JSON object.
    static func field(_ name: String, of line: Substring) -> String? {
        var rest = line[...]
        while let quote = rest.firstIndex(of: "\"") {
            var key = Substring()
            (key, rest) = text(rest[rest.index(after: quote)...])
            let after = rest.drop { $0 == " " }
            guard after.first == ":" else { continue }
            let value = after.dropFirst().drop { $0 == " " }
            guard value.first == "\"" else {
                rest = value
                continue
            }
            var found = Substring()
            (found, rest) = text(value.dropFirst())
            if key == name { return String(found) }
        }
        return nil
    }

    /// A JSON string's content up to its closing quote; escapes other than `\"`, `\\` and `\n` are kept as written.
    private static func text(_ rest: Substring) -> (Substring, Substring) {
        var content = Substring()
        var index = rest.startIndex
        while index < rest.endIndex, rest[index] != "\"" {
            if rest[index] == "\\", rest.index(after: index) < rest.endIndex {
                index = rest.index(after: index)
                switch rest[index] {
                case "\"", "\\": content.append(rest[index])
                case "n": content.append("\n")
                default: content += "\\" + String(rest[index])
                }
            } else {
                content.append(rest[index])
            }
            index = rest.index(after: index)
        }
        return (content, index < rest.endIndex ? rest[rest.index(after: index)...] : "")
    }
}
