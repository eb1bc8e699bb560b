// What shells offer behind flags and arguments.
import ArgumentParser

enum Completions {
    /// The images of the project that the shell stands in.
    static let images = CompletionKind.shellCommand("weft config list 2>/dev/null")
    static let colourModes = CompletionKind.list(["auto", "on", "off"])
    static let explanations = CompletionKind.list(["config", "graph", "digests", "plan"])
}
