// werf.yaml → the text after its templates: werf's functions and data on top of the template engine.
import Templates

struct ConfigRendering {
    let files: ProjectFileSet
    let options: ProjectOptions
    let giterminism: Giterminism
    let environment: [String: String]
    let commit: CommitFacts

    /// The rendered text, and where its lines stand.
    func render(_ path: String, _ text: String) throws(ConfigError) -> (text: String, source: ConfigSource) {
        var engine = TemplateEngine()
        engine.debug = options.debug
        addFunctions(to: &engine)
        do {
            for (name, file, text) in try templates() { try engine.add(text, as: name, file: file) }
            try engine.add(text, as: path)
            let rendered = try engine.render(path, data())
            return (rendered, ConfigSource(file: path, rendered: !Self.keepsLines(text, rendered)))
        } catch let error as TemplateError {
            throw Self.explain(error)
        } catch let error as ConfigError {
            throw error
        } catch {
            throw ConfigError(file: path, problem: "\(error)")
        }
    }

    private static func explain(_ error: TemplateError) -> ConfigError {
        let callers = error.callers.map { " (called from \($0))" }.joined()
        return ConfigError(
            file: error.file, line: error.line, column: error.column, problem: error.problem + callers)
    }

    /// Whether every line without an action still has its number.
    static func keepsLines(_ text: String, _ rendered: String) -> Bool {
        guard text.utf8.count != rendered.utf8.count || !text.utf8.elementsEqual(rendered.utf8) else { return true }
        let newline = UInt8(ascii: "\n")
        let before = text[...].utf8.split(separator: newline, omittingEmptySubsequences: false)
        let after = rendered[...].utf8.split(separator: newline, omittingEmptySubsequences: false)
        guard before.count == after.count else { return false }
        return zip(before, after).allSatisfy { old, new in
            old.elementsEqual(new) || String(Substring(old)).contains("{{")
        }
    }

    /// All `*.tmpl` files of the templates folder; a template's name is its path in that folder.
    private func templates() throws(ConfigError) -> [(name: String, file: String, text: String)] {
        guard let folder = RelativePath.cleanClimbing(options.templatesDirectory) else {
            throw ConfigError(
                file: "--config-templates-dir", problem: "the path \(options.templatesDirectory) leaves the project.")
        }
        let prefix = folder.isEmpty ? 0 : folder.utf8.count + 1
        var templates: [(String, String, String)] = []
        for path in try ConfigFile.list(folder, in: files.templates) where path.hasSuffix(".tmpl") {
            guard let text = try ConfigFile.read(path, in: files.templates) else { continue }
            templates.append((String(decoding: path.utf8.dropFirst(prefix), as: UTF8.self), path, text))
        }
        return templates
    }

    private func data() -> TemplateValue {
        .map(of: [
            "Files": .object(TemplateFiles(files: files.templateFiles)),
            "Env": .string(options.environmentName),
            "Commit": .map(of: [
                "Hash": .string(commit.hash),
                "Date": .map(of: ["Human": .string(commit.humanDate), "Unix": .string(String(commit.unixDate))]),
            ]),
        ])
    }

    // MARK: Functions

    private func addFunctions(to engine: inout TemplateEngine) {
        engine.define("env", arguments: 1...2) { (call) throws(FunctionFailure) in try environmentVariable(call) }
        engine.define("toYaml", arguments: 1...1) { (call) throws(FunctionFailure) in
            .string(try YAMLWriter.write(call.arguments[0]))
        }
        engine.define("fromYaml", arguments: 1...1) { (call) throws(FunctionFailure) in
            try Self.parsed(try call.string(0))
        }
        if let sha256 = options.sha256 {
            engine.define("sha256sum", arguments: 1...1) { (call) throws(FunctionFailure) in
                .string(sha256(Array(try call.string(0).utf8)))
            }
        }
    }

    /// A variable that is set but empty gives way to the default, as in werf.
    private func environmentVariable(_ call: TemplateCall) throws(FunctionFailure) -> TemplateValue {
        let name = try call.text(0)
        let fallback = call.count == 2 ? try call.string(1) : nil
        guard options.looseGiterminism || giterminism.allowsEnvironmentVariable(name) else {
            throw FunctionFailure(
                "the environment variable \(name) is not allowed by giterminism. Add it to "
                    + "config.goTemplateRendering.allowEnvVariables of \(options.giterminismPath), "
                    + "or use --loose-giterminism.")
        }
        if let value = environment[name], !value.isEmpty || fallback == nil { return .string(value) }
        if let fallback { return .string(fallback) }
        guard options.looseGiterminism else {
            throw FunctionFailure(
                "the environment variable \(name) is not set. Set it, or give a default: env \"\(name)\" \"…\".")
        }
        return .string("")
    }

    private static func parsed(_ text: String) throws(FunctionFailure) -> TemplateValue {
        do {
            guard let node = try YAMLComposer.compose(text, source: ConfigSource(file: "the text")) else {
                return .map(of: [:])
            }
            guard case .mapping = node.content else {
                throw FunctionFailure("the text is \(node.kind), not a mapping.")
            }
            return node.templateValue
        } catch let error as ConfigError {
            throw FunctionFailure("\(error)")
        } catch let error as FunctionFailure {
            throw error
        } catch {
            throw FunctionFailure("\(error)")
        }
    }
}
