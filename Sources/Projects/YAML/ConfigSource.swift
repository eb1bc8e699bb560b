// Names the text that is being read, so that every error can point into it.

struct ConfigSource: Sendable {
    let file: String
    /// Lines count in the text after templates, and differ from the file's own.
    var rendered = false

    func error(_ line: Int, _ problem: String, hint: String? = nil) -> ConfigError {
        ConfigError(file: file, line: line, rendered: rendered, problem: problem, hint: hint)
    }

    func error(_ line: Int, _ column: Int, _ problem: String, hint: String? = nil) -> ConfigError {
        ConfigError(file: file, line: line, column: column, rendered: rendered, problem: problem, hint: hint)
    }

    func error(_ node: YAMLNode, _ problem: String, hint: String? = nil) -> ConfigError {
        error(node.line, node.column, problem, hint: hint)
    }

    func location(_ node: YAMLNode) -> ConfigLocation {
        ConfigLocation(file: file, line: node.line, rendered: rendered)
    }
}
