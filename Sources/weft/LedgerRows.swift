// Publications as `weft mesh ledger show` prints them.
import Digests
import Images
import Ledgers
import Peering

struct LedgerRow: Encodable {
    let stage: String
    let state: String
    let publisher: String
    let `class`: String
    let origin: String
    let manifest: String
    let config: String
    let layers: [String]
    let parents: [String]
    let commits: [String]

    init(_ publication: Publication) {
        stage = publication.id.description
        state = publication.state.rawValue
        publisher = publication.author.name
        `class` = publication.author.class
        origin = publication.origin.rawValue
        manifest = publication.manifest.description
        config = publication.image.config.description
        layers = publication.image.diffIDs.map(\.description)
        parents = publication.parents.map(\.id.description)
        commits = publication.commits
    }

    /// All of it, a line each.
    var text: String {
        var lines = [
            "stage      \(stage)", "state      \(state)",
            "publisher  \(publisher)\(`class`.isEmpty ? "" : " (\(`class`))")",
            "origin     \(origin == "tag" ? "the repo had it before the ledger did" : "built and proposed")",
            "manifest   \(manifest)", "config     \(config)",
        ]
        lines += layers.map { "layer      \($0)" } + parents.map { "parent     \($0)" }
        return (lines + commits.map { "commit     \($0)" }).joined(separator: "\n")
    }
}

enum LedgerRows {
    /// Rows of one listing.
    private static let rowsMax = 100_000
    /// A ledger that is compacted meanwhile makes a listing begin anew.
    private static let listingsMax = 3

    static func canonical(_ repo: String) throws -> String {
        do {
            return try RepositoryName(repo).description
        } catch { throw UsageError("\(repo): \(error)") }
    }

    static func stage(_ text: String) throws -> StageDigest {
        guard let digest = StageDigest(String(text.prefix { $0 != "-" })) else {
            throw UsageError("\(text) is no digest of a stage: 56 hexadecimal digits")
        }
        return digest
    }

    static func all(_ ledger: LinkLedger) async throws -> [LedgerRow] {
        for _ in 0..<listingsMax {
            do { return try await listed(ledger) } catch is ListingTooOld { continue }
        }
        throw UsageError("the ledger changes faster than it can be listed: name a digest")
    }

    private static func listed(_ ledger: LinkLedger) async throws -> [LedgerRow] {
        var rows: [LedgerRow] = []
        var cursor: LedgerCursor?
        repeat {
            let page = try await ledger.page(after: cursor)
            rows += page.publications.map(LedgerRow.init)
            cursor = page.next
        } while cursor != nil && rows.count < rowsMax
        return rows
    }

    static func table(_ rows: [LedgerRow]) -> String {
        guard !rows.isEmpty else { return "nothing was published to it yet" }
        let lines = rows.map { [$0.stage, $0.state, $0.publisher, $0.class, String($0.manifest.prefix(19))] }
        return TextTable.lines([["STAGE", "STATE", "PUBLISHER", "CLASS", "MANIFEST"]] + lines).joined(separator: "\n")
    }
}
