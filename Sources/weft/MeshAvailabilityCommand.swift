// `weft mesh availability`: what nodes say that they hold, as the node that answers heard it.
import ArgumentParser
import Availability
import Digests
import Mesh
import Stages

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
        let isAll = digest == nil
        let answer = try await flags.ask { [digest] client, desk in
            let names = try digest.map { try Self.names($0, of: client.classes) } ?? []
            return try await desk.availability(AvailabilityQuery(names: names))
        }
        guard isAll else { return try show(answer.holders) }
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

    /// A result is told of in the name of the class that it was made for.
    private static func names(_ text: String, of classes: [String]) throws -> [HeldName] {
        if let blob = BlobDigest(text) ?? BlobDigest(hex: text) {
            return [HeldName(layer: blob), HeldName(blob: blob)]
        }
        guard let step = StageDigest(String(text.prefix { $0 != "-" })) else {
            throw UsageError(
                "\(text) is no digest: a stage's has 56 hexadecimal digits, a layer's or blob's sha256: and 64")
        }
        return ([""] + classes).map { HeldName(step: StepScope.key(of: step, $0)) }
    }
}
