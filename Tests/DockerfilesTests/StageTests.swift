// Stages and global arguments.
import Testing

@testable import Dockerfiles

@Suite struct Stages {
    @Test func `have base, name and platform`() throws {
        let text =
            "ARG v=1 w\nARG x\nfrom --platform=$BUILDPLATFORM golang:$v as Build.1\nRUN a\nFROM build.1\nFROM scratch AS z"
        let file = try parse(text)
        #expect(file.metaArgs.map { $0.arguments.map(\.key) } == [["v", "w"], ["x"]])
        #expect(file.stages.map(\.index) == [0, 1, 2])
        #expect(file.stages.map(\.name) == ["build.1", nil, "z"])
        #expect(file.stages.map(\.base) == ["golang:$v", "build.1", "scratch"])
        #expect(file.stages.map(\.platform) == ["$BUILDPLATFORM", nil, nil])
        #expect(file.stages.map(\.instructions.count) == [1, 0, 0])
        #expect(file.stages[0].original == "from --platform=$BUILDPLATFORM golang:$v as Build.1")
        #expect(file.stage("BUILD.1")?.index == 0)
        #expect(file.stage("1")?.index == 1)
        #expect(file.stage("3") == nil)
        #expect(file.stage("-1") == nil)
    }

    @Test func `with one name are warned of, and the last one counts`() throws {
        let file = try parse("FROM a AS x\nFROM b AS X")
        #expect(file.stage("x")?.base == "b")
        #expect(file.warnings.map(\.description) == ["D:2:1: stage name \"x\" is already used on line 1"])
    }

    @Test func `are missing in a file of nothing but ARG`() throws {
        #expect(try parse("ARG a").stages.isEmpty)
    }
}
