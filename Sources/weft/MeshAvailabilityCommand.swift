// `weft mesh availability`: what nodes say that they hold, as the node that answers heard it.
import ArgumentParser
import Availability
import Digests
import Mesh

private struct AvailabilityRow: Encodable {
    let name: String
    let holds: Int
    /// It said to hold what it does not, again and again.
    let isLiar: Bool
}

struct MeshAvailabilityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "availability", abstract: "Who holds what, as the node that answers heard it.",
        discussion: """
            Nodes tell each other which steps, layers and blobs they hold; news take a second or two. What was heard is a
            hint where to ask first, never a promise.

            EXAMPLES
              weft mesh availability                 how much each node holds
              weft mesh availability DIGEST          who holds a stage's result, by its digest or tag
              weft mesh availability sha256:5f2…     who holds a layer (diff id) or a blob
            """)

    @Argument(help: ArgumentHelp("Digest of a stage, its tag, or a layer's or blob's.", valueName: "digest"))
    var digest: String?

    @OptionGroup var flags: MeshFlags

    func run() async throws {
        let names = try digest.map { try Self.names($0) } ?? []
        let answer = try await flags.ask { _, desk in try await desk.availability(AvailabilityQuery(names: names)) }
        guard names.isEmpty else { return try show(answer.holders) }
        let rows = answer.rows.map { AvailabilityRow(name: $0.name, holds: $0.count, isLiar: $0.isLiar) }
        guard !flags.json else { return try flags.show(rows) }
        let table = rows.map { [$0.name, "\($0.holds)", $0.isLiar ? "asked last: said what is not so" : ""] }
        Output.line(TextTable.lines([["NODE", "HOLDS", ""]] + table).joined(separator: "\n"))
    }

    private func show(_ holders: [Holders]) throws {
        var nodes: [String] = []
        for node in holders.flatMap(\.nodes) where !nodes.contains(node) { nodes.append(node) }
        guard !flags.json else { return try flags.show(["holders": nodes]) }
        Output.line(nodes.isEmpty ? "no node is known to hold it" : nodes.joined(separator: "\n"))
    }

    private static func names(_ text: String) throws -> [HeldName] {
        if let blob = BlobDigest(text) ?? BlobDigest(hex: text) {
            return [HeldName(layer: blob), HeldName(blob: blob)]
        }
        guard let step = StageDigest(String(text.prefix { $0 != "-" })) else {
            throw UsageError(
                "\(text) is no digest: a stage's has 56 hexadecimal digits, a layer's or blob's sha256: and 64")
        }
        return [HeldName(step: step)]
    }
}
