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
    /// What follows the keyword, with the here-documents behind it: what the image's config keeps.
    package let expression: String
    /// The same, parsed. Never ONBUILD, FROM or MAINTAINER.
    package let trigger: LocatedInstruction
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
}
