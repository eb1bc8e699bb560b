// What is kept of a stage beside its name: read back as it was, or not at all.
import Digests
import Testing

@testable import Publishing

@Suite struct `Summaries of stages` {
    private func digest(_ text: String) -> BlobDigest { BlobDigest(of: Array(text.utf8)) }

    private func summary(
        commit: String = "", content: String? = nil, layers: Int = 0, created: Int64? = nil, boot: String? = nil
    ) -> StageSummary {
        StageSummary(
            manifestDigest: digest("m"), configDigest: digest("c"), createdAt: created, byteCount: 42, commit: commit,
            contentDigest: content, diffIDs: (0..<layers).map { digest("\($0)") }, boot: boot)
    }

    @Test func `every summary is read as it was written`() {
        for known in [
            summary(), summary(commit: "0123abc", content: "cafe", layers: 3, created: -5, boot: "b-o-o-t"),
            summary(commit: "two\nlines, 100% \r\n", content: "", layers: 1_000),
            summary(content: "%0A\n%25", created: .max), summary(commit: "\u{1F6A2} \u{0}"),
        ] {
            let isSame = StageSummary(text: known.text) == known
            #expect(isSame, "\(known.commit.debugDescription)")
        }
    }

    @Test func `a thousand layers fit where summaries are kept`() {
        #expect(summary(commit: String(repeating: "a", count: 64), layers: 1_000).text.utf8.count < 128 << 10)
    }

    @Test(arguments: ["", "sha256:abc", "manifest x\nconfig y\nbytes 1", "nothing", "layer \n", "bytes 1\n\nunknown 2"])
    func `anything else is none`(text: String) {
        #expect(StageSummary(text: text) == nil)
    }

    @Test func `a line that is cut makes none of it`() {
        let text = summary(layers: 2).text
        for count in 1..<64 { #expect(StageSummary(text: String(text.dropLast(count))) == nil, "\(count)") }
    }
}
