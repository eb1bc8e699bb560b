// Statements to typed instructions: one case per keyword, with BuildKit's checks.

struct InstructionBuilder {
    let statement: Statement
    let location: SourceLocation
    let escape: EscapeToken
    /// Gives the keyword of ONBUILD's inner statement its place.
    let locate: (_ offset: Int) -> SourceLocation

    private var words: [Word] { statement.words }
    private var name: String { statement.keyword.text.uppercased() }

    func build() throws(Fault) -> Instruction {
        switch statement.kind {
        case .add: return .add(try add())
        case .arg: return .arg(try arg())
        case .cmd: return .cmd(try commandLine())
        case .copy: return .copy(try copy())
        case .entrypoint: return .entrypoint(try commandLine())
        case .env: return .env(try pairs())
        case .expose: return .expose(ports: try expose())
        case .healthcheck: return .healthcheck(try healthcheck())
        case .label: return .label(try pairs())
        case .maintainer: return .maintainer(try single())
        case .onbuild: return .onbuild(try onbuild())
        case .run: return .run(try run())
        case .shell: return .shell(try shell())
        case .stopsignal: return .stopsignal(try single(ignoresFlags: true))
        case .user: return .user(try single())
        case .volume: return .volume(try volume())
        case .workdir: return .workdir(try single())
        case .from: throw Fault("FROM can't stand inside another instruction")
        case nil: throw Self.unknown(statement.keyword)
        }
    }

    static func unknown(_ keyword: Word) -> Fault {
        let hint = Suggestion.hint(for: keyword.text, in: Keyword.allCases.map(\.upperCased))
        return Fault("unknown instruction \(quoted(keyword.text))", at: keyword.offset, hint: hint)
    }

    private func noFlags() throws(Fault) { _ = try Flags(statement.flags, known: [:]) }

    /// STOPSIGNAL, ARG and HEALTHCHECK NONE ignore flags in BuildKit; all others refuse unknown ones.
    private func single(ignoresFlags: Bool = false) throws(Fault) -> String {
        guard let word = words.first else {
            throw Fault("\(name) requires exactly one argument", at: statement.keyword.offset)
        }
        if !ignoresFlags { try noFlags() }
        return word.text
    }

    private func needsArguments() -> Fault {
        Fault("\(name) requires at least one argument", at: statement.keyword.offset)
    }

    private func pairs() throws(Fault) -> [KeyValuePair] {
        try noFlags()
        guard case .pairs(let pairs) = statement.arguments, !pairs.isEmpty else { throw needsArguments() }
        return pairs
    }

    private func arg() throws(Fault) -> ArgInstruction {
        guard !words.isEmpty else { throw needsArguments() }
        var arguments: [BuildArgument] = []
        for word in words {
            guard let (key, value) = splitAtEquals(word.text) else {
                arguments.append(BuildArgument(key: word.text))
                continue
            }
            guard !key.isEmpty else { throw Fault("ARG names can not be blank", at: word.offset) }
            arguments.append(BuildArgument(key: key, value: value))
        }
        return ArgInstruction(arguments: arguments, location: location)
    }

    private func commandLine() throws(Fault) -> CommandLine {
        try noFlags()
        return CommandLine(words.map(\.text), prependsShell: !statement.isJSON)
    }

    private func expose() throws(Fault) -> [String] {
        guard !words.isEmpty else { throw needsArguments() }
        try noFlags()
        return words.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func volume() throws(Fault) -> [String] {
        guard !words.isEmpty else { throw needsArguments() }
        try noFlags()
        var volumes: [String] = []
        for word in words {
            let volume = Array(word.text.utf8)[...].trimmingSpace()
            guard !volume.isEmpty else { throw Fault("VOLUME can not be an empty string", at: word.offset) }
            volumes.append(volume.text)
        }
        return volumes
    }

    private func shell() throws(Fault) -> [String] {
        try noFlags()
        guard let first = words.first else { throw needsArguments() }
        guard statement.isJSON else {
            throw Fault(
                "SHELL requires the arguments to be in JSON form", at: first.offset,
                hint: "write SHELL [\"/bin/bash\", \"-c\"]")
        }
        return words.map(\.text)
    }

    private func run() throws(Fault) -> RunInstruction {
        let flags = try Flags(
            statement.flags, known: ["mount": .list, "network": .text, "security": .text, "device": .list])
        var mounts: [RunMount] = []
        for word in flags.list("mount") {
            mounts.append(try at(word) { () throws(Fault) in try MountReader.unread(word.text) })
        }
        var devices: [RunInstruction.Device] = []
        for word in flags.list("device") {
            devices.append(try at(word) { () throws(Fault) in try DeviceReader.device(word.text) })
        }
        return RunInstruction(
            command: CommandLine(words.map(\.text), prependsShell: !statement.isJSON),
            heredocs: statement.heredocs,
            mountTexts: flags.texts("mount"),
            mounts: mounts,
            network: try choice(flags.word("network"), "network mode") ?? .standard,
            security: try choice(flags.word("security"), "security mode") ?? .sandbox,
            devices: devices
        )
    }

    private func at<Value>(_ word: Word, _ read: () throws(Fault) -> Value) throws(Fault) -> Value {
        do {
            return try read()
        } catch {
            throw Fault(error.message, at: word.offset, hint: error.hint)
        }
    }

    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ word: Word?, _ what: String
    ) throws(Fault) -> Choice? {
        guard let word else { return nil }
        guard let choice = Choice(rawValue: word.text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault("invalid \(what) \(quoted(word.text)): it must be one of \(known)", at: word.offset)
        }
        return choice
    }

    private func onbuild() throws(Fault) -> OnbuildInstruction {
        guard case .nested(let inner) = statement.arguments else { throw needsArguments() }
        try noFlags()
        if inner.kind == .from || inner.kind == .maintainer {
            let trigger = inner.keyword.text.uppercased()
            throw Fault("\(trigger) isn't allowed as an ONBUILD trigger", at: inner.keyword.offset)
        }
        let expression = statement.heredocs.reduce(inner.original) { $0 + "\n" + $1.content + $1.name }
        return OnbuildInstruction(expression: expression, location: locate(inner.keyword.offset))
    }

    func located() throws(Fault) -> LocatedInstruction {
        let original = Array(statement.original.utf8)[...].trimmingSpace().text
        let instruction = try build()
        return LocatedInstruction(
            instruction, original: original, location: location, heredocs: statement.heredocs)
    }
}
