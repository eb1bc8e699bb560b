// Statements to stages: first all text is cut, as BuildKit does, then each statement gets its type and its stage.

struct DockerfileAssembly {
    private let source: SourceText
    private let statements: [StatementReader.Located]
    private let directives: Directives
    private var warnings: [DockerfileWarning]
    private var metaArgs: [ArgInstruction] = []
    private var stages: [BuildStage] = []

    init(_ source: SourceText) throws(DockerfileError) {
        self.source = source
        var reader = StatementReader(source)
        var statements: [StatementReader.Located] = []
        while let statement = try reader.read() {
            guard statements.count < DockerfileLimits.instructionsMax else {
                let message = "more than \(DockerfileLimits.instructionsMax) instructions"
                throw source.error(Fault(message), in: statement.line)
            }
            statements.append(statement)
        }
        guard !statements.isEmpty else {
            let last = SourceLocation(file: source.file, line: max(1, source.lineCount))
            throw DockerfileError(location: last, message: "the file has no instructions", hint: "begin with FROM")
        }
        self.statements = statements
        directives = reader.directives
        warnings = reader.warnings
    }

    mutating func dockerfile() throws(DockerfileError) -> Dockerfile {
        for located in statements {
            do {
                try take(located)
            } catch {
                throw source.error(error, in: located.line, endLine: located.lastLine)
            }
        }
        return Dockerfile(
            name: source.file, directives: directives, metaArgs: metaArgs, stages: stages, warnings: warnings)
    }

    private mutating func take(_ located: StatementReader.Located) throws(Fault) {
        let (source, line, lastLine) = (source, located.line, located.lastLine)
        let locate = { source.location(ofByte: line.sourceOffset(of: $0), endLine: lastLine) }
        let statement = located.statement
        let location = locate(statement.keyword.offset)
        if statement.kind == .from {
            try begin(statement, location)
            return
        }
        let builder = InstructionBuilder(
            statement: statement, location: location, escape: directives.escape, locate: locate)
        let instruction = try builder.located()
        if statement.kind == .maintainer { warn("MAINTAINER is deprecated: use a LABEL", location) }
        if !stages.isEmpty {
            stages[stages.count - 1].instructions.append(instruction)
        } else if case .arg(let arg) = instruction.instruction {
            metaArgs.append(arg)
        } else {
            let keyword = instruction.instruction.keyword.upperCased
            throw Fault("no build stage to put \(keyword) in", hint: "only ARG may stand before the first FROM")
        }
    }

    private mutating func begin(_ statement: Statement, _ location: SourceLocation) throws(Fault) {
        let words = statement.words
        let name = try Self.stageName(words, statement.keyword)
        let flags = try Flags(statement.flags, known: ["platform": .text])
        guard stages.count < DockerfileLimits.stagesMax else {
            throw Fault("more than \(DockerfileLimits.stagesMax) build stages")
        }
        if let name, let earlier = stages.last(where: { $0.name == name }) {
            warn("stage name \(quoted(name)) is already used on line \(earlier.location.line)", location)
        }
        let original = Array(statement.original.utf8)[...].trimmingSpace().text
        stages.append(
            BuildStage(
                index: stages.count, name: name, base: words[0].text, platform: flags.text("platform"),
                instructions: [], original: original, location: location))
    }

    /// Letters, digits, `-`, `_` and `.`, a letter first; case doesn't count.
    private static func stageName(_ words: [Word], _ keyword: Word) throws(Fault) -> String? {
        if words.count == 1 { return nil }
        guard words.count == 3, words[1].text.lowercased() == "as" else {
            throw Fault(
                "FROM requires either one or three arguments", at: keyword.offset, hint: "write FROM image AS name")
        }
        let name = words[2].text.lowercased()
        let isLetter = { (byte: UInt8) in (0x61...0x7A).contains(byte) }
        let isAllowed = { (byte: UInt8) in isLetter(byte) || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte) }
        guard let first = name.utf8.first, isLetter(first), name.utf8.allSatisfy(isAllowed) else {
            throw Fault(
                "invalid name \(quoted(words[2].text)) for a build stage", at: words[2].offset,
                hint: "begin with a letter; letters, digits, '-', '_' and '.' may follow")
        }
        return name
    }

    private mutating func warn(_ message: String, _ location: SourceLocation) {
        warnings.append(DockerfileWarning(location: location, message: message))
    }
}
