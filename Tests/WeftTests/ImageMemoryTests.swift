// What a build keeps of its digests, and how stages of then and now are matched.
import Digests
import Foundation
import Naming
import SystemPackage
import Testing

@testable import weft

@Suite struct `Memory of builds` {
    private func stage(_ name: String, _ text: String, _ word: String = "x") -> ImageMemory.Stage {
        let inputs = DigestInputs(
            digest: StageDigest(of: [name, text, word]), inputs: [DigestInput("Command", [word])])
        return ImageMemory.Stage(name, text: text, inputs)
    }

    private func memory(_ stages: [ImageMemory.Stage]) -> ImageMemory {
        ImageMemory(image: "app", commit: "c", stages: stages)
    }

    @Test func `an instruction that moved is found by its text`() {
        let old = memory([stage("app/RUN1", "RUN a"), stage("app/RUN2", "RUN b")])
        let present: Set<String> = ["RUN new", "RUN a", "RUN b"]
        #expect(old.stage("app/RUN1", text: "RUN new", present: present) == nil)
        #expect(old.stage("app/RUN2", text: "RUN a", present: present)?.stage == "app/RUN1")
        #expect(old.stage("app/RUN3", text: "RUN b", present: present)?.stage == "app/RUN2")
    }

    @Test func `an instruction that was edited is found by its name`() {
        let old = memory([stage("app/RUN1", "RUN a"), stage("app/RUN2", "RUN b")])
        #expect(old.stage("app/RUN2", text: "RUN c", present: ["RUN a", "RUN c"])?.text == "RUN b")
    }

    @Test func `equal instructions are told apart by their names`() {
        let old = memory([stage("app/RUN1", "RUN a"), stage("app/RUN2", "RUN a")])
        #expect(old.stage("app/RUN2", text: "RUN a", present: ["RUN a"])?.stage == "app/RUN2")
    }

    @Test func `files are read as they were written, and nothing else is`() throws {
        let root = FilePath(NSTemporaryDirectory()).appending("weft-memory-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        let builds = try BuildMemory(root: root, project: "shop")
        #expect(builds.read("app") == nil)
        let first = memory([stage("app/dockerfile", ""), stage("app/RUN1", "RUN a")])
        try builds.write(first)
        #expect(builds.read("app") == first)
        // A build that finds the whole image knows less, and takes nothing away.
        try builds.write(memory([stage("app/dockerfile", "")]))
        #expect(builds.read("app") == first)
        let second = memory([stage("app/dockerfile", "", "y")])
        try builds.write(second)
        #expect(builds.read("app") == second)
        let folder = root.appending("explain").appending("shop").string
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        }
        #expect(builds.read("app") == nil)
    }
}
