// Every instruction that a build stage can hold, as a value.

package enum Instruction: Sendable, Equatable {
    case add(AddInstruction)
    case arg(ArgInstruction)
    case cmd(CommandLine)
    case copy(CopyInstruction)
    case entrypoint(CommandLine)
    case env([KeyValuePair])
    /// Sorted, as BuildKit sorts them; not yet split into ports and protocols.
    case expose(ports: [String])
    case healthcheck(Healthcheck)
    case label([KeyValuePair])
    case maintainer(String)
    case onbuild(OnbuildInstruction)
    case run(RunInstruction)
    case shell([String])
    case stopsignal(String)
    case user(String)
    case volume([String])
    case workdir(String)

    package var keyword: Keyword {
        switch self {
        case .add: .add
        case .arg: .arg
        case .cmd: .cmd
        case .copy: .copy
        case .entrypoint: .entrypoint
        case .env: .env
        case .expose: .expose
        case .healthcheck: .healthcheck
        case .label: .label
        case .maintainer: .maintainer
        case .onbuild: .onbuild
        case .run: .run
        case .shell: .shell
        case .stopsignal: .stopsignal
        case .user: .user
        case .volume: .volume
        case .workdir: .workdir
        }
    }
}

/// One or more build arguments; without a value a name is only declared.
package struct ArgInstruction: Sendable, Equatable {
    package var arguments: [BuildArgument]
    package let location: SourceLocation
}

package struct OnbuildInstruction: Sendable, Equatable {
    /// What follows the keyword, with the here-documents behind it: what the image's config keeps. Never ONBUILD, FROM or
    /// MAINTAINER; whether it is an instruction at all is seen where the image becomes a base, as in BuildKit.
    package let expression: String
    /// Of the inner instruction.
    package let location: SourceLocation

    package func trigger() throws(DockerfileError) -> LocatedInstruction {
        try LocatedInstruction(trigger: expression, at: location)
    }
}

/// An instruction with its text and place.
package struct LocatedInstruction: Sendable, Equatable {
    /// A box, because ONBUILD holds another instruction.
    private indirect enum Box: Sendable, Equatable {
        case value(Instruction)
    }

    private let box: Box
    /// Joined from its continuation lines and trimmed, but otherwise as written, the keyword's case too; without the
    /// content of here-documents.
    package let original: String
    /// The keyword's place; `endLine` is the last line, here-documents included.
    package let location: SourceLocation
    package let heredocs: [Heredoc]

    package var instruction: Instruction {
        switch box {
        case .value(let instruction): instruction
        }
    }

    package init(_ instruction: Instruction, original: String, location: SourceLocation, heredocs: [Heredoc] = []) {
        box = .value(instruction)
        self.original = original
        self.location = location
        self.heredocs = heredocs
    }

    /// What an ONBUILD trigger says. Its text is read as a Dockerfile of its own, whatever the escape character of the
    /// file that it was written in; `location` stands for all of it.
    package init(trigger text: String, at location: SourceLocation) throws(DockerfileError) {
        let file: Dockerfile
        do {
            // A trigger alone is no Dockerfile: it needs a stage to stand in.
            file = try Dockerfile.parse("FROM scratch\n" + text + "\n", name: location.file)
        } catch {
            throw DockerfileError(location: location, message: error.message, hint: error.hint)
        }
        guard file.stages.count == 1, file.stages[0].instructions.count == 1 else {
            throw DockerfileError(location: location, message: "it is not one instruction")
        }
        let parsed = file.stages[0].instructions[0]
        self.init(parsed.instruction, original: parsed.original, location: location, heredocs: parsed.heredocs)
    }
}
