// Which fields of each instruction take variables, as in BuildKit's dispatch.

package struct ExpandedInstruction: Sendable, Equatable {
    package let instruction: Instruction
    package let used: Set<String>
    package let missing: Set<String>
}

extension LocatedInstruction {
    /// See `Instruction.expanded`; an error bears this instruction's place.
    package func expanded(
        with expander: Expander, _ environment: [String: String]
    ) throws(DockerfileError) -> ExpandedInstruction {
        do {
            return try instruction.expanded(with: expander, environment)
        } catch {
            throw DockerfileError(location: location, message: error.description)
        }
    }
}

extension Instruction {
    /// CMD, ENTRYPOINT, HEALTHCHECK, MAINTAINER, ONBUILD, SHELL and the command of RUN are left alone: the first four
    /// take no variables, ONBUILD's come later, and a shell expands its own. Of RUN, the options of mounts take them.
    /// The pairs of one ENV, LABEL or ARG all see `environment`, not each other; who needs ARG's rule that later
    /// arguments see earlier ones expands them one by one.
    package func expanded(
        with expander: Expander, _ environment: [String: String]
    ) throws(ExpansionError) -> ExpandedInstruction {
        var expansion = FieldExpansion(expander: expander, environment: environment)
        let instruction = try expansion.instruction(self)
        return ExpandedInstruction(instruction: instruction, used: expansion.used, missing: expansion.missing)
    }
}

/// Expands fields one after the other and remembers the names they ask for.
private struct FieldExpansion {
    let expander: Expander
    let environment: [String: String]
    var used: Set<String> = []
    var missing: Set<String> = []

    mutating func instruction(_ instruction: Instruction) throws(ExpansionError) -> Instruction {
        switch instruction {
        case .add(let add): return .add(try self.add(add))
        case .arg(let arg): return .arg(try self.arg(arg))
        case .copy(let copy): return .copy(try self.copy(copy))
        case .env(let pairs): return .env(try self.pairs(pairs))
        case .label(let pairs): return .label(try self.pairs(pairs))
        case .expose(let ports): return .expose(ports: try expose(ports))
        case .run(let run): return .run(try self.run(run))
        case .stopsignal(let signal): return .stopsignal(try word(signal))
        case .user(let user): return .user(try word(user))
        case .volume(let volumes): return .volume(try words(volumes))
        case .workdir(let path): return .workdir(try word(path))
        case .cmd, .entrypoint, .healthcheck, .maintainer, .onbuild, .shell: return instruction
        }
    }

    private mutating func expand(_ text: String, _ expander: Expander) throws(ExpansionError) -> Expansion {
        let expansion = try expander.expand(text, environment)
        used.formUnion(expansion.used)
        missing.formUnion(expansion.missing)
        return expansion
    }

    private mutating func word(_ text: String) throws(ExpansionError) -> String {
        try expand(text, expander).text
    }

    private mutating func words(_ texts: [String]) throws(ExpansionError) -> [String] {
        var result: [String] = []
        for text in texts { result.append(try word(text)) }
        return result
    }

    private mutating func optional(_ text: String?) throws(ExpansionError) -> String? {
        guard let text else { return nil }
        let word = try word(text)
        return word.isEmpty ? nil : word
    }

    /// The only instruction whose words are split again after expansion.
    private mutating func expose(_ ports: [String]) throws(ExpansionError) -> [String] {
        var result: [String] = []
        for port in ports { result += try expand(port, expander).words }
        return result
    }

    private mutating func pairs(_ pairs: [KeyValuePair]) throws(ExpansionError) -> [KeyValuePair] {
        var result: [KeyValuePair] = []
        for pair in pairs {
            let key = try word(pair.key)
            result.append(KeyValuePair(key: key, value: try word(pair.value), isLegacy: pair.isLegacy))
        }
        return result
    }

    private mutating func arg(_ arg: ArgInstruction) throws(ExpansionError) -> ArgInstruction {
        var result = arg
        result.arguments = []
        for argument in arg.arguments {
            var expanded = BuildArgument(key: try word(argument.key))
            if let value = argument.value { expanded.value = try word(value) }
            result.arguments.append(expanded)
        }
        return result
    }

    private mutating func sources(_ sources: SourcesAndDestination) throws(ExpansionError) -> SourcesAndDestination {
        var result = sources
        result.paths = try words(sources.paths)
        result.destination = try word(sources.destination)
        for (index, file) in sources.files.enumerated() where file.expands {
            result.files[index].content = try expand(file.content, expander.forHeredocContent).text
        }
        return result
    }

    private mutating func copy(_ copy: CopyInstruction) throws(ExpansionError) -> CopyInstruction {
        var result = copy
        result.owner = try optional(copy.owner)
        result.mode = try optional(copy.mode)
        result.sources = try sources(copy.sources)
        return result
    }

    private mutating func add(_ add: AddInstruction) throws(ExpansionError) -> AddInstruction {
        var result = add
        result.owner = try optional(add.owner)
        result.mode = try optional(add.mode)
        result.checksum = try optional(add.checksum)
        result.sources = try sources(add.sources)
        return result
    }

    private mutating func run(_ run: RunInstruction) throws(ExpansionError) -> RunInstruction {
        var result = run
        result.mounts = []
        for (text, unread) in zip(run.mountTexts, run.mounts) {
            var mount = try mount(text)
            // Stages are known by what was written.
            mount.from = unread.from
            result.mounts.append(mount)
        }
        return result
    }

    private mutating func mount(_ text: String) throws(ExpansionError) -> RunMount {
        var options = try reading(text) { () throws(Fault) in try MountOption.list(text) }
        for index in options.indices {
            guard let value = options[index].value else { continue }
            options[index] = options[index].with(try word(value), keepsUnset: expander.unset == .keep)
        }
        return try reading(text) { () throws(Fault) in try MountReader.read(options) }
    }

    private func reading<Value>(_ text: String, _ body: () throws(Fault) -> Value) throws(ExpansionError) -> Value {
        do {
            return try body()
        } catch {
            throw ExpansionError(
                text: text, reason: error.message + (error.hint.map { " (\($0))" } ?? ""),
                action: "can't read the mount")
        }
    }
}
