// Inputs made to hurt: each has to end soon, with an error or a right answer.
import Testing

@testable import Dockerfiles

@Suite(.timeLimit(.minutes(5))) struct Bounds {
    @Test func `a huge file is refused unread`() {
        let bytes = [UInt8](repeating: 0x61, count: 100 << 20)
        let error = #expect(throws: DockerfileError.self) { try Dockerfile.parse(bytes, name: "D") }
        #expect(error?.description == "D:1:1: the file has 104857600 bytes, more than the 16 MiB that are read")
    }

    @Test func `a long line is refused, as in BuildKit`() throws {
        let limit = DockerfileLimits.lineBytesMax
        let line = "RUN " + String(repeating: "a", count: limit - 5) + "\n"
        #expect(try parse("FROM a\n" + line).stages.count == 1)
        #expect(
            failure("FROM a\nx" + line)
                == "D:2:1: the line has 65537 bytes, more than the 65536 allowed "
                + "(break it with the escape character at the end of a line)")
    }

    @Test func `a word nested too deep is refused`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "${a:-", count: depth) + "x" + String(repeating: "}", count: depth)
        }
        #expect((try? Expander().word(nested(DockerfileLimits.expansionNestingMax), [:])) == "x")
        let error = #expect(throws: ExpansionError.self) { try Expander().word(nested(100_000), [:]) }
        #expect(error?.reason == "substitutions are nested more than 64 levels deep")
    }

    @Test func `a word that grows too long is refused`() {
        let environment = ["a": String(repeating: "x", count: 1 << 20)]
        let text = String(repeating: "$a", count: 100)
        let error = #expect(throws: ExpansionError.self) { try Expander().word(text, environment) }
        #expect(error?.reason == "the result has more than 16 MiB")
        #expect(throws: ExpansionError.self) { try Expander().word("${a//x/$a}", environment) }
    }

    @Test func `a costly pattern is refused`() {
        let environment = ["a": String(repeating: "a", count: 100_000)]
        let stars = String(repeating: "a*", count: 1_000)
        let error = #expect(throws: ExpansionError.self) { try Expander().word("${a##\(stars)b}", environment) }
        #expect(error?.reason == "matching the pattern takes too long")
        #expect(throws: ExpansionError.self) { try Expander().word("${a//*b/}", environment) }
        let long = String(repeating: "?", count: DockerfileLimits.expansionPatternMax + 1)
        #expect(throws: ExpansionError.self) { try Expander().word("${a#\(long)}", environment) }
    }

    @Test func `too many instructions and stages are refused`() {
        let limit = DockerfileLimits.instructionsMax
        let many = "FROM a\n" + String(repeating: "RUN x\n", count: limit)
        #expect(failure(many) == "D:\(limit + 1):1: more than 20000 instructions")
        let stages = String(repeating: "FROM a\n", count: DockerfileLimits.stagesMax + 1)
        #expect(failure(stages) == "D:1001:1: more than 1000 build stages")
    }

    @Test func `deep JSON is no recursion`() {
        let deep = String(repeating: "[", count: 9_000) + String(repeating: "]", count: 9_000)
        #expect(
            failure("FROM a\nCMD " + deep)
                == "D:2:5: when using JSON array syntax, arrays must be comprised of strings only")
        let deeper = "[" + String(repeating: "[", count: 20_000)
        #expect(failure("FROM a\nCMD " + deeper) == nil)
    }

    @Test func `a chain of ONBUILD is no recursion`() {
        let chain = (0..<200).map { _ in String(repeating: "ONBUILD ", count: 5_000) + "\\\n" }.joined()
        #expect(failure("FROM a\n" + chain) == "D:2:9: chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    }

    @Test(arguments: [
        String(repeating: "a*", count: 60) + "b", String(repeating: "**/", count: 60) + "b",
        String(repeating: "*", count: 121) + "b", String(repeating: "[a-z]*", count: 60) + "B",
    ])
    func `a path pattern never backtracks`(pattern: String) throws {
        let path = String(repeating: "aaaaaaaaaa/", count: 40) + "aaaa"
        #expect(try !IgnorePatterns([pattern]).matches(path))
        #expect(try !GoGlob(pattern).matches(String(repeating: "a", count: 4_000)))
    }

    @Test func `a long path pattern is refused`() {
        let pattern = String(repeating: "*a", count: DockerfileLimits.globBytesMax)
        #expect(throws: GlobError.self) { try GoGlob(pattern) }
        #expect(throws: GlobError.self) { try IgnorePatterns([pattern]) }
        let many = String(repeating: "a\n", count: DockerfileLimits.ignorePatternsMax + 1)
        #expect(throws: DockerfileError.self) { try IgnorePatterns.parse(Array(many.utf8), name: "I") }
    }

    @Test func `alternatives don't multiply`() throws {
        let pattern = String(repeating: "{a,aa}", count: 500) + "b/x"
        #expect(try !IgnorePatterns([pattern]).shouldGoThrough(directory: String(repeating: "a", count: 800)))
    }
}
