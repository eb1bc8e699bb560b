// What werf hashes of each instruction of an unstaged image (werf.md 2.5).
import Dockerfiles
import Images
import Projects

/// Walks one Dockerfile stage. An argument hides a variable of the same name, as in werf's table.
struct UnstagedInputs {
    private let recipe: ImageRecipe
    private let names: any ContextNames
    private let globals: [String: String]
    private let given: [String: String]
    /// werf reads words with the default escape token, whatever the file says.
    private let expander = Expander()
    private var arguments: [String: String] = [:]
    private var variables: [String: String] = [:]
    /// Both, as instructions see them.
    private var values: [String: String] = [:]

    init(_ recipe: ImageRecipe, globals: [String: String], names: any ContextNames) {
        self.recipe = recipe
        self.names = names
        self.globals = globals
        given = recipe.givenArguments
    }

    /// The stage's own inputs, and those that its ONBUILD triggers give to stages on top of it.
    mutating func inputs(of stage: BuildStage) throws -> (own: [NameInput], onBuild: [NameInput]) {
        var inputs = recipe.image.addHost.map { NameInput("addHost", words: [.text($0)]) }
        var onBuild: [NameInput] = []
        let base = try expander.expand(stage.base, globals, at: stage.location)
        inputs.append(NameInput("base of stage \(stage.index)", words: [.text(base)]))
        for located in stage.instructions {
            guard case .onbuild(let onbuild) = located.instruction else {
                inputs += try self.inputs(of: located)
                continue
            }
            inputs.append(NameInput(located.location.description, words: [.text(onbuild.expression)]))
            // Where the stage is no base, nobody follows the trigger, whatever it says.
            if let trigger = try? onbuild.trigger() { onBuild += try self.trigger(trigger) }
        }
        return (inputs, onBuild)
    }

    private mutating func inputs(of located: LocatedInstruction) throws -> [NameInput] {
        switch located.instruction {
        case .arg(let arg): return try declare(arg, located)
        case .env(let pairs): return try set(pairs, located)
        default: return try texts(located, values)
        }
    }

    /// A trigger sees the variables of the stage that brings it, and neither its arguments nor the given ones.
    private func trigger(_ located: LocatedInstruction) throws -> [NameInput] {
        var pairs: [(key: String, value: String)]
        let keyword: String
        switch located.instruction {
        case .arg(let arg): (keyword, pairs) = ("ARG", arg.arguments.map { ($0.key, $0.value ?? "") })
        case .env(let written): (keyword, pairs) = ("ENV", written.map { ($0.key, $0.value) })
        default: return try texts(located, variables)
        }
        for index in pairs.indices {
            pairs[index].key = try expander.expand(pairs[index].key, variables, at: located.location)
            pairs[index].value = try expander.expand(pairs[index].value, variables, at: located.location)
        }
        return pairs.map { input(located, "\(keyword) \($0.key)=\($0.value)") }
    }

    private func texts(_ located: LocatedInstruction, _ values: [String: String]) throws -> [NameInput] {
        var inputs: [NameInput]
        switch located.instruction {
        case .copy(let copy):
            inputs = [input(located, located.original)]
            if copy.from == nil { inputs.append(try files(copy.sources.paths, located, values)) }
        case .add(let add):
            inputs = [input(located, located.original), try files(add.sources.paths, located, values)]
        default: inputs = [try text(located, values)]
        }
        return inputs + documents(located)
    }

    /// The instruction as one word. What a shell is to expand need not be a word for werf, which fails then: such an
    /// instruction goes into the name as it is written.
    private func text(_ located: LocatedInstruction, _ values: [String: String]) throws(StagingError) -> NameInput {
        do {
            return input(located, try expander.word(located.original, values))
        } catch {
            switch located.instruction {
            case .run, .cmd, .entrypoint, .healthcheck, .maintainer, .shell:
                return NameInput(
                    located.location.description, words: [.text(located.original), .text("as it is written")])
            default: throw StagingError(place: located.location.description, reason: error.description)
            }
        }
    }

    /// werf leaves the content of here-documents out, so that a changed script keeps its name; ours are told apart.
    private func documents(_ located: LocatedInstruction) -> [NameInput] {
        located.heredocs.map {
            NameInput("\(located.location) <<\($0.name)", words: [.text($0.content)])
        }
    }

    private func files(
        _ sources: [String], _ located: LocatedInstruction, _ values: [String: String]
    ) throws -> NameInput {
        var paths: [String] = []
        for source in sources { paths.append(try expander.expand(source, values, at: located.location)) }
        let checksum = try placed(located.location.description) { try names.unstagedChecksum(sources: paths) }
        return NameInput("files of \(located.location)", words: [.text(checksum)])
    }

    /// A given value, the default, or where there is none the value before FROM; each argument sees those before it.
    private mutating func declare(
        _ arg: ArgInstruction, _ located: LocatedInstruction
    ) throws(StagingError) -> [NameInput] {
        var inputs: [NameInput] = []
        for argument in arg.arguments {
            let key = try expander.expand(argument.key, values, at: located.location)
            let written = argument.value ?? ""
            let value: String
            if let known = given[key] {
                value = known
            } else if written.isEmpty {
                value = globals[key] ?? ""
            } else {
                value = try expander.expand(written, values, at: located.location)
            }
            arguments[key] = value
            values[key] = value
            inputs.append(input(located, "ARG \(key)=\(value)"))
        }
        return inputs
    }

    private mutating func set(
        _ pairs: [KeyValuePair], _ located: LocatedInstruction
    ) throws(StagingError) -> [NameInput] {
        var inputs: [NameInput] = []
        for pair in pairs {
            let key = try expander.expand(pair.key, values, at: located.location)
            let value = try expander.expand(pair.value, values, at: located.location)
            variables[key] = value
            if arguments[key] == nil { values[key] = value }
            inputs.append(input(located, "ENV \(key)=\(value)"))
        }
        return inputs
    }

    private func input(_ located: LocatedInstruction, _ text: String) -> NameInput {
        NameInput(located.location.description, words: [.text(text)])
    }
}
