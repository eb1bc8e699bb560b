// The digest of a whole unstaged Dockerfile image, item by item as werf collects them (werf.md 2.5).
import Dockerfiles
import Images
import Projects

/// Builds werf's list of dependencies of the `dockerfile` stage. Only the target's part of the Dockerfile counts.
package struct UnstagedName {
    private let recipe: ImageRecipe
    private let names: any ContextNames
    private let globals: [String: String]
    private let stages: [BuildStage]
    private var items: [[NameInput]] = []
    private var onBuildItems: [[NameInput]] = []
    /// werf reads words with the default escape token, whatever the file says.
    private let expander = Expander()

    private init(_ recipe: ImageRecipe, names: any ContextNames) throws(StagingError) {
        self.recipe = recipe
        self.names = names
        stages = recipe.dockerfile.stages
        globals = try Self.globals(recipe)
    }

    /// The rule of the `dockerfile` stage of `recipe`.
    package static func rule(_ recipe: ImageRecipe, names: any ContextNames) throws -> NameRule {
        var name = try UnstagedName(recipe, names: names)
        for stage in name.stages { try name.collect(stage) }
        name.merge()
        let references = try StageReferences(recipe, arguments: GlobalArguments(recipe))
        var inputs = name.items[references.target]
        if !recipe.image.cacheVersion.isEmpty {
            inputs.append(NameInput("cacheVersion", words: [.text(recipe.image.cacheVersion)]))
        }
        return NameRule(platform: recipe.platformInDigests, keyword: "dockerfile", inputs: inputs)
    }

    /// werf's table of ARGs before FROM: a name without a value is the empty text.
    private static func globals(_ recipe: ImageRecipe) throws(StagingError) -> [String: String] {
        var resolved: [String: String] = [:]
        let expander = Expander()
        let given = recipe.givenArguments
        for instruction in recipe.dockerfile.metaArgs {
            for argument in instruction.arguments {
                let key = try expander.expand(argument.key, resolved, at: instruction.location)
                let written = try expander.expand(argument.value ?? "", resolved, at: instruction.location)
                resolved[key] = given[key] ?? written
            }
        }
        return GlobalArguments.platformArguments(recipe.platform).merging(resolved) { $1 }
    }

    private mutating func collect(_ stage: BuildStage) throws {
        var inputs = recipe.image.addHost.map { NameInput("addHost", words: [.text($0)]) }
        var onBuild: [NameInput] = []
        let base = try expander.expand(stage.base, globals, at: stage.location)
        inputs.append(NameInput("base of stage \(stage.index)", words: [.text(base)]))
        var scope = Scope()
        for located in stage.instructions {
            let (own, trigger) = try self.inputs(of: located, &scope, isTrigger: false)
            inputs += own
            onBuild += trigger
        }
        items.append(inputs)
        onBuildItems.append(onBuild)
    }

    /// What one stage's instructions see. An argument hides a variable of the same name, as in werf's table.
    private struct Scope {
        var arguments: [String: String] = [:]
        var variables: [String: String] = [:]
    }

    private func inputs(
        of located: LocatedInstruction, _ scope: inout Scope, isTrigger: Bool
    ) throws -> (own: [NameInput], onBuild: [NameInput]) {
        let values = isTrigger ? scope.variables : scope.variables.merging(scope.arguments) { $1 }
        let label = located.location.description
        func word(_ text: String) throws(StagingError) -> String {
            try expander.expand(text, values, at: located.location)
        }
        switch located.instruction {
        case .arg(let arg):
            return (try arguments(arg, &scope, label, isTrigger: isTrigger), [])
        case .env(let pairs):
            return (try variables(pairs, &scope, label, located.location, isTrigger: isTrigger), [])
        case .copy(let copy):
            var items = [NameInput(label, words: [.text(text(of: located))])]
            if copy.from == nil { items.append(try files(copy.sources.paths.map(word), label)) }
            return (items + documents(located), [])
        case .add(let add):
            let items = [
                NameInput(label, words: [.text(located.original)]), try files(add.sources.paths.map(word), label),
            ]
            return (items + documents(located), [])
        case .onbuild(let onbuild):
            let trigger = try inputs(of: onbuild.trigger, &scope, isTrigger: true).own
            return ([NameInput(label, words: [.text(onbuild.expression)])], trigger)
        default:
            return ([NameInput(label, words: [.text(try word(located.original))])] + documents(located), [])
        }
    }

    private func text(of located: LocatedInstruction) -> String { located.original }

    /// werf leaves the content of here-documents out, so that a changed script keeps its name; ours are told apart.
    private func documents(_ located: LocatedInstruction) -> [NameInput] {
        located.heredocs.map {
            NameInput("\(located.location) <<\($0.name)", words: [.text($0.content)])
        }
    }

    private func files(_ sources: [String], _ label: String) throws -> NameInput {
        NameInput("files of \(label)", words: [.text(try names.unstagedChecksum(sources: sources))])
    }

    private func arguments(
        _ arg: ArgInstruction, _ scope: inout Scope, _ label: String, isTrigger: Bool
    ) throws(StagingError) -> [NameInput] {
        let given = recipe.givenArguments
        var inputs: [NameInput] = []
        for argument in arg.arguments {
            let values = isTrigger ? scope.variables : scope.variables.merging(scope.arguments) { $1 }
            let key = try expander.expand(argument.key, values, at: arg.location)
            let written = argument.value ?? ""
            let value: String
            if isTrigger {
                value = try expander.expand(written, values, at: arg.location)
            } else if let known = given[key] {
                value = known
            } else if written.isEmpty {
                value = globals[key] ?? ""
            } else {
                value = try expander.expand(written, values, at: arg.location)
            }
            if !isTrigger { scope.arguments[key] = value }
            inputs.append(NameInput(label, words: [.text("ARG \(key)=\(value)")]))
        }
        return inputs
    }

    private func variables(
        _ pairs: [KeyValuePair], _ scope: inout Scope, _ label: String, _ location: SourceLocation, isTrigger: Bool
    ) throws(StagingError) -> [NameInput] {
        var inputs: [NameInput] = []
        for pair in pairs {
            let values = isTrigger ? scope.variables : scope.variables.merging(scope.arguments) { $1 }
            let key = try expander.expand(pair.key, values, at: location)
            let value = try expander.expand(pair.value, values, at: location)
            if !isTrigger { scope.variables[key] = value }
            inputs.append(NameInput(label, words: [.text("ENV \(key)=\(value)")]))
        }
        return inputs
    }

    /// In the order of the stages, each takes over the items of the stages that it names: werf compares the base as
    /// written with names, and `--from` with indexes (names were replaced by them).
    private mutating func merge() {
        for stage in stages {
            for other in stages where other.index != stage.index && other.name == stage.base {
                items[stage.index] += items[other.index] + onBuildItems[other.index]
            }
            for text in StageReferences.sources(of: stage.instructions) {
                if let index = sourceIndex(text) { items[stage.index] += items[index] }
            }
        }
    }

    private func sourceIndex(_ text: String) -> Int? {
        let name = text.lowercased()
        if let stage = stages.last(where: { $0.name == name }) { return stage.index }
        guard let index = Int(text), index >= 0, index < stages.count else { return nil }
        return index
    }
}
