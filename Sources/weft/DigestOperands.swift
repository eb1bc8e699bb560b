// Many paths behind `weft digest`: the parser's time grows with their square, so it sees the first of them only.
import ArgumentParser

struct DigestOperands {
    /// For the parser.
    var arguments: [String] = []
    /// All paths, in their order; nil when the parser was given all.
    var paths: [String]?

    /// Paths that the parser takes in a few milliseconds.
    static let parsedMax = 200
    private static let flagsWithValue: Set = ["--threads"]

    init(_ arguments: [String]) {
        self.arguments = arguments
        guard arguments.first == DigestCommand.configuration.commandName, arguments.count > Self.parsedMax else {
            return
        }
        var flags: [String] = []
        var paths: [String] = []
        var rest = arguments.dropFirst()
        while let word = rest.popFirst() {
            if word == "--" {
                paths += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                paths.append(word)
                continue
            }
            flags.append(word)
            if Self.flagsWithValue.contains(word), let value = rest.popFirst() { flags.append(value) }
        }
        self.arguments = [arguments[0]] + flags + ["--"] + paths.prefix(1)
        self.paths = paths
    }

    func completed(_ command: any ParsableCommand) -> any ParsableCommand {
        guard var digest = command as? DigestCommand, let paths else { return command }
        digest.paths = paths
        return digest
    }
}
