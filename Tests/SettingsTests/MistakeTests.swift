// Mistakes in a node's and a client's config that can't stand in a text file, and all those that do.
import Foundation
import Settings
import Testing

@Suite struct `A mistake in a config` {
    @Test(arguments: Mistake.all("node-mistakes.txt"))
    func `of a node is named with its place`(mistake: Mistake) {
        #expect(Mistake.message { _ = try NodeSettings.read(mistake.text, from: Mistake.source) } == mistake.message)
    }

    @Test(arguments: Mistake.all("client-mistakes.txt"))
    func `of a client is named with its place`(mistake: Mistake) {
        #expect(Mistake.message { _ = try ClientSettings.read(mistake.text, from: Mistake.source) } == mistake.message)
    }

    @Test func `of depth, length and number is named, too`() {
        func message(_ text: String) -> String {
            Mistake.message { _ = try NodeSettings.read(text, from: Mistake.source) }
        }
        let deep = "lists and mappings are nested deeper than 16 levels."
        let brackets = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
        #expect(message("name: " + brackets) == "node.yaml:1:22: \(deep)")
        #expect(message("name: " + String(repeating: "[", count: 100_000)) == "node.yaml:1:8: \(deep)")
        #expect(message(String(repeating: "- ", count: 100_000)) == "node.yaml:1:1999: \(deep)")
        #expect(message(String(repeating: "a: &a [*a]\n", count: 100)).hasPrefix("node.yaml:1:1: anchors and aliases"))
        let long = String(repeating: "#", count: 300_000)
        #expect(message(long) == "node.yaml:1:1: the file is longer than 262144 bytes. Is it the right file?")
        let many = "name: a\nclasses: [" + String(repeating: "a,", count: 1_001) + "]"
        #expect(message(many) == "node.yaml:2:10: `classes` has more than 1000 elements.")
        #expect(message("name: \"a\\0\"") == "node.yaml:1:7: `name` has a zero byte in it.")
    }
}
