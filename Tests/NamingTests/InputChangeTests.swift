// What is said of two digests whose inputs differ.
import Digests
import Naming
import Stages
import Testing

@Suite struct `Changes of inputs` {
    private func digest(_ inputs: [DigestInput]) -> DigestInputs {
        DigestInputs(digest: StageDigest(of: inputs.flatMap { [$0.label] + $0.words }), inputs: inputs)
    }

    private func changes(_ old: [DigestInput], _ new: [DigestInput]) -> [InputChange] {
        digest(new).changes(since: digest(old))
    }

    @Test func `equal digests have no changes`() {
        let inputs = [DigestInput("Command", ["make"])]
        #expect(changes(inputs, inputs).isEmpty)
    }

    @Test func `an input under the same label has changed`() {
        let changed = changes([DigestInput("Command", ["make"])], [DigestInput("Command", ["make all"])])
        #expect(changed == [.changed(label: "Command", old: ["make"], new: ["make all"])])
    }

    @Test func `only the words that differ are told`() {
        let changed = changes(
            [DigestInput("Env", ["A=1", "B=2", "C=3"])], [DigestInput("Env", ["A=1", "B=4", "C=3"])])
        #expect(changed == [.changed(label: "Env", old: ["B=2"], new: ["B=4"])])
    }

    @Test func `lines that moved are the same inputs`() {
        let old = [DigestInput("Dockerfile:2", ["RUN a"]), DigestInput("Dockerfile:3", ["RUN b"])]
        let new = [
            DigestInput("Dockerfile:2", ["RUN a"]), DigestInput("Dockerfile:3", ["RUN new"]),
            DigestInput("Dockerfile:4", ["RUN b"]),
        ]
        #expect(changes(old, new) == [.added(DigestInput("Dockerfile:3", ["RUN new"]))])
        #expect(changes(new, old) == [.removed(DigestInput("Dockerfile:3", ["RUN new"]))])
    }

    @Test func `an argument is compared with the same argument`() {
        let old = [DigestInput("Dockerfile:1", ["ARG A=1"]), DigestInput("Dockerfile:2", ["ARG B=1"])]
        let new = [DigestInput("Dockerfile:1", ["ARG B=2"]), DigestInput("Dockerfile:2", ["ARG C=1"])]
        #expect(
            changes(old, new) == [
                .changed(label: "Dockerfile:1", old: ["ARG B=1"], new: ["ARG B=2"]),
                .added(DigestInput("Dockerfile:2", ["ARG C=1"])),
                .removed(DigestInput("Dockerfile:1", ["ARG A=1"])),
            ])
    }

    @Test func `instructions of different kinds are not compared`() {
        let changed = changes([DigestInput("Dockerfile:1", ["RUN a"])], [DigestInput("Dockerfile:1", ["COPY a /"])])
        #expect(
            changed == [
                .added(DigestInput("Dockerfile:1", ["COPY a /"])), .removed(DigestInput("Dockerfile:1", ["RUN a"])),
            ])
    }

    @Test func `another order is a change of its own`() {
        let (first, second) = (DigestInput("a", ["1"]), DigestInput("b", ["2"]))
        #expect(changes([first, second], [second, first]) == [.reordered])
    }

    @Test func `an input that comes twice and then once was removed once`() {
        let input = DigestInput("Mounts", ["x y"])
        #expect(changes([input, input], [input]) == [.removed(input)])
    }
}

@Suite struct `Words in short` {
    @Test func `two long words are cut to where they differ`() {
        let common = String(repeating: "x", count: 500)
        let cut = WordExcerpt.pair(common + "old" + common, common + "new" + common)
        #expect(cut.old.hasPrefix("…xxx") && cut.old.contains("old") && cut.old.hasSuffix("…"))
        #expect(cut.new.contains("new"))
        #expect(cut.old.count <= WordExcerpt.lengthMax && cut.new.count <= WordExcerpt.lengthMax)
    }

    @Test func `short words stay whole`() {
        #expect(WordExcerpt.pair("old", "new") == ("old", "new"))
        #expect(WordExcerpt.beginning("make") == "make")
    }

    @Test func `what a terminal would obey is written in words`() {
        #expect(WordExcerpt.beginning("a\n\u{1B}[2J\u{9B}b") == "a\\n\\u{1b}[2J\\u{9b}b")
    }
}
