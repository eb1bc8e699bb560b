// Short ways to parse text in tests.
import Testing

@testable import Dockerfiles

func parse(_ text: String) throws(DockerfileError) -> Dockerfile { try Dockerfile.parse(text, name: "D") }

/// The only instruction behind `FROM a`.
func instruction(_ text: String) throws -> Instruction { try located(text).instruction }

func located(_ text: String) throws -> LocatedInstruction {
    try #require(try parse("FROM a\n" + text).stages.first?.instructions.first)
}

/// The error as people read it, or nil if the text is fine.
func failure(_ text: String) -> String? {
    do throws(DockerfileError) {
        _ = try parse(text)
        return nil
    } catch {
        return error.description
    }
}
