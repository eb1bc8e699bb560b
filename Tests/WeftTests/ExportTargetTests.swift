// Where exported images go, and under which names.
import Testing

@testable import weft

@Suite struct `Targets of export` {
    private func name(_ image: String, tag: String? = nil, output: String? = nil) throws -> String {
        try ExportTarget(tag: tag, output: output).name(of: image, project: "shop", contentTag: "abc-1")
    }

    @Test func `a tag is a reference`() throws {
        #expect(try name("app", tag: "localhost:5000/x:%image%-1") == "localhost:5000/x:app-1")
        #expect(try name("app", tag: "localhost:5000/x") == "localhost:5000/x:latest")
        #expect(try name("app", tag: "user/x:1") == "docker.io/user/x:1")
    }

    @Test func `files have names of their own`() throws {
        #expect(try name("app", output: "oci:dir") == "app")
        #expect(try name("a/b", output: "oci:dir:%image_content_based_tag%") == "abc-1")
        #expect(try name("a/b", output: "docker-archive:f.tar") == "docker.io/a/b:latest")
        #expect(try name("app", output: "docker-archive:f.tar:r.example/app:2") == "r.example/app:2")
    }

    @Test func `names that no repository may have become slugs`() throws {
        #expect(try name("App", output: "docker-archive:f.tar").hasSuffix("/library/app:latest"))
        #expect(try name("", output: "docker-archive:f.tar") == "docker.io/library/shop:latest")
        #expect(try name("", output: "oci:dir") == "shop")
    }

    @Test(arguments: [
        (nil, nil), ("a:1", "oci:d"), (nil, "oci:"), (nil, "tar:x"), (nil, "x"), ("a:%x%", nil),
    ])
    func `what is no place is refused`(tag: String?, output: String?) {
        #expect(throws: UsageError.self) { try ExportTarget(tag: tag, output: output) }
    }

    @Test(arguments: ["x y:1", "a@sha256:\(String(repeating: "0", count: 64))", "a:-1", "%image%"])
    func `what is no name is refused before building`(tag: String) throws {
        let target = try ExportTarget(tag: tag, output: nil)
        #expect(throws: UsageError.self) { try target.check(["App one"], project: "shop") }
    }

    @Test func `two images need two names`() throws {
        let target = try ExportTarget(tag: "r.example/x:1", output: nil)
        try target.check(["a"], project: "shop")
        #expect(throws: UsageError.self) { try target.check(["a", "b"], project: "shop") }
    }

    @Test func `labels are names with values`() throws {
        #expect(try ExportCommand.labels(["a=1", "b=x=y", "c="]) == ["a": "1", "b": "x=y", "c": ""])
        #expect(throws: UsageError.self) { try ExportCommand.labels(["=1"]) }
        #expect(throws: UsageError.self) { try ExportCommand.labels(["a"]) }
    }
}
