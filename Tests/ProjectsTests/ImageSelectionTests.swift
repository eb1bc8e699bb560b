// Which images a command line asks for, and in which sets they stand.
import Projects
import Testing

@Suite struct `Image selection` {
    static func project() throws -> Project {
        try read(
            meta + """
                image: web
                dockerfile: D
                dependencies: [{image: app/api}, {image: base}]
                ---
                image: [app/api, app/worker]
                dockerfile: D
                dependencies: [{image: base}]
                ---
                image: base
                dockerfile: D
                final: false
                ---
                image: docs
                dockerfile: D
                """)
    }

    @Test(arguments: [
        ([], "web app/api app/worker base docs", "web app/api app/worker base docs"),
        (["docs"], "docs", "docs"),
        (["web"], "web", "web app/api base"),
        (["app/*"], "app/api app/worker", "app/api app/worker base"),
        (["*"], "web base docs", "web app/api base docs"),
        (["app/*", "!app/worker"], "app/api", "app/api base"),
        (["!app/*", "!base"], "web docs", "web app/api base docs"),
        (["app/worker", "!app/*"], "app/worker", "app/worker base"),
        (["d?c[s]"], "docs", "docs"),
    ])
    func `goes by patterns`(_ patterns: [String], _ chosen: String, _ needed: String) throws {
        let selection = try Self.project().select(patterns)
        #expect(selection.chosen.joined(separator: " ") == chosen)
        #expect(selection.needed.joined(separator: " ") == needed)
    }

    @Test func `may leave out what is not final`() throws {
        let selection = try Self.project().select(["base", "docs"], finalOnly: true)
        #expect(selection.chosen == ["docs"])
    }

    @Test(arguments: [
        (["nope"], "no image matches pattern \"nope\""), (["a**"], "`**` is not supported"),
        (["a&b"], "are not allowed"),
        (["a$"], "are not allowed"), (["[a"], "is malformed"),
        ([String(repeating: "a", count: 101)], "longer than 100"),
        (["web", "no*e"], "no image matches pattern \"no*e\""),
    ])
    func `refuses bad patterns`(_ patterns: [String], _ expected: String) throws {
        let project = try Self.project()
        let error = #expect(throws: ConfigError.self) { try project.select(patterns) }
        #expect(error?.description.contains(expected) == true)
    }

    @Test func `stands in sets by dependencies`() throws {
        let project = try Self.project()
        #expect(
            project.sets(of: project.images.map(\.name)) == [["base", "docs"], ["app/api", "app/worker"], ["web"]])
        #expect(project.sets(of: ["web", "base"]) == [["base"], ["web"]])
        #expect(project.sets(of: []) == [])
    }
}
