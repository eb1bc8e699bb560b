// A whole Dockerfile: parsed from bytes, or an error with file, line and column.

package struct Dockerfile: Sendable, Equatable {
    /// The name that locations bear.
    package let name: String
    package let directives: Directives
    /// ARG before the first FROM: for FROM alone, and for the stages that declare the name again.
    package let metaArgs: [ArgInstruction]
    /// At least one, unless the file holds nothing but ARG.
    package let stages: [BuildStage]
    package let warnings: [DockerfileWarning]

    /// Reads `bytes` as BuildKit does. `name` is only used in messages.
    package static func parse(_ bytes: [UInt8], name: String) throws(DockerfileError) -> Dockerfile {
        var assembly = try DockerfileAssembly(SourceText(bytes, file: name))
        return try assembly.dockerfile()
    }

    package static func parse(_ text: String, name: String) throws(DockerfileError) -> Dockerfile {
        try parse(Array(text.utf8), name: name)
    }

    /// The stage that `reference` names: of several with one name the last, else the one at that index.
    /// Names don't depend on case.
    package func stage(_ reference: String) -> BuildStage? {
        let name = reference.lowercased()
        return stages.last { $0.name == name }
            ?? Int(reference).flatMap { stages.indices.contains($0) ? stages[$0] : nil }
    }
}

package struct BuildStage: Sendable, Equatable {
    package let index: Int
    /// Lower-cased; nil without AS.
    package let name: String?
    /// An image or an earlier stage, not expanded.
    package let base: String
    /// The value of `--platform`, not expanded.
    package let platform: String?
    package internal(set) var instructions: [LocatedInstruction]
    /// The text of FROM, trimmed.
    package let original: String
    package let location: SourceLocation
}
