// Publications for tests.
import Digests
import Ledgers

enum Samples {
    static func digest(_ name: String) -> StageDigest { StageDigest(of: [name]) }

    static func id(_ name: String, _ timestamp: Int64) -> StageID {
        StageID(digest: digest(name), timestamp: timestamp)
    }

    /// `content` is what makes its bytes differ from others'.
    static func publication(
        _ name: String, at timestamp: Int64 = 1_700_000_000_000, content: String = "a", nonce: String = "n",
        parents: [Publication.Parent] = [], origin: Publication.Origin = .proposal, state: Publication.State = .won
    ) -> Publication {
        let config = BlobDigest(of: Array(content.utf8))
        let image = Publication.Image(
            manifestBytes: Array(#"{"schemaVersion":2,"config":"\#(config)"}"#.utf8), config: config,
            diffIDs: [config, BlobDigest(of: [1])])
        return Publication(
            id: id(name, timestamp), nonce: nonce, image: image, parents: parents, commits: ["0123abc"],
            author: .init(name: "ci", class: "main"), origin: origin, state: state)
    }
}

extension Publication {
    var asParent: Parent { Parent(id: id, manifest: manifest) }

    func marked(_ state: State) -> Publication {
        var copy = self
        copy.state = state
        return copy
    }
}
