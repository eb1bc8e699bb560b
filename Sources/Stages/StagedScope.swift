// werf's two passes of expansion over the instructions of a staged image (werf.md 2.6).
import Dockerfiles
import Images
import Projects

/// What werf knows at an instruction. It keeps no order and no scopes: ARG and ENV share one table, the first pass
/// leaves unset variables as they are, the second sees the base's environment and the dependencies' values.
struct StagedScope {
    private let recipe: ImageRecipe
    private let globals: [String: String]
    /// The default PATH and the base's environment: what values of the table are expanded with.
    private let base: [String: String]
    /// ARG and ENV after the first pass.
    private var table: [String: String] = [:]
    /// What the second pass knows: the base, the table with its own variables replaced, the dependencies' values.
    private var environment: [String: String]

    /// `globals` is the table of `StagedScope.globals`. Of a name that the base has twice the last value counts.
    init(
        recipe: ImageRecipe, globals: [String: String], baseEnvironment: EnvironmentList
    ) throws(StagingError) {
        self.recipe = recipe
        self.globals = globals
        var base = ["PATH": InstructionScope.defaultPath]
        for (name, value) in baseEnvironment.pairs { base[name] = value }
        self.base = base
        environment = base.merging(recipe.dependencyArguments) { $1 }
    }

    /// werf's table of ARGs before the first FROM: a name without a value is the empty text, dependencies' names are
    /// left out, and what can't be expanded is empty.
    static func globals(_ recipe: ImageRecipe) -> [String: String] {
        let expander = Expander(escape: recipe.dockerfile.directives.escape, unset: .keep)
        let given = recipe.buildArguments
        var table: [String: String] = [:]
        for argument in recipe.dockerfile.metaArgs.flatMap(\.arguments) {
            guard recipe.dependencyArguments[argument.key] == nil else { continue }
            let written = argument.value.flatMap { try? expander.word($0, table) } ?? ""
            table[argument.key] = given[argument.key] ?? written
        }
        return GlobalArguments.platformArguments(recipe.platform).merging(table) { $1 }
    }

    private var firstPass: Expander { Expander(escape: recipe.dockerfile.directives.escape, unset: .keep) }
    private var secondPass: Expander { Expander(escape: recipe.dockerfile.directives.escape) }

    /// The inputs of the digest of `located`, and its effect on the table: an instruction doesn't see itself.
    mutating func inputs(
        of located: LocatedInstruction, _ lowering: DockerfileLowering
    ) throws -> [NameInput] {
        let first = try expand(located.instruction, located, firstPass, table)
        guard case .arg(let arg) = first else {
            let inputs = try self.inputs(of: first, located, lowering)
            if case .env(let pairs) = first {
                for pair in pairs { try remember(pair.key, pair.value, located.location) }
            }
            return inputs
        }
        let given = recipe.buildArguments
        for argument in arg.arguments where recipe.dependencyArguments[argument.key] == nil {
            if let value = given[argument.key] ?? argument.value ?? globals[argument.key] {
                try remember(argument.key, value, located.location)
            }
        }
        return []
    }

    private func inputs(
        of first: Instruction, _ located: LocatedInstruction, _ lowering: DockerfileLowering
    ) throws -> [NameInput] {
        let second = try expand(first, located, secondPass, environment)
        return try StagedInputs(
            instruction: second, located: located, environment: environment, lowering: lowering
        ).inputs()
    }

    private func expand(
        _ instruction: Instruction, _ located: LocatedInstruction, _ expander: Expander, _ values: [String: String]
    ) throws(StagingError) -> Instruction {
        do {
            return try instruction.expanded(with: expander, values).instruction
        } catch {
            throw StagingError(place: located.location.description, reason: error.description)
        }
    }

    private mutating func remember(
        _ name: String, _ value: String, _ location: SourceLocation
    ) throws(StagingError) {
        table[name] = value
        guard recipe.dependencyArguments[name] == nil else { return }
        environment[name] = try secondPass.expand(value, base, at: location)
    }
}
