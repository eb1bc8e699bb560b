// Who asked lately for the parts of which blob: a value.
import Digests

struct Fetchers: Sendable {
    /// Nodes that are remembered for one blob, and blobs.
    static let namesMax = 32
    static let blobsMax = 256
    /// Who did not ask for so long has the blob, or is gone.
    static let timeMax = Duration.seconds(10)

    private struct Fetcher {
        let name: String
        var asked: Duration
    }

    private var byBlob: [BlobDigest: [Fetcher]] = [:]

    /// Remembers that `name` asks (nil: somebody whom nobody can ask), and says who did so lately, in the order in which
    /// they began. `now`: since any fixed point.
    mutating func note(_ name: String?, asks blob: BlobDigest, now: Duration) -> [String] {
        var fetchers = (byBlob[blob] ?? []).filter { now - $0.asked <= Self.timeMax }
        if let name {
            if let place = fetchers.firstIndex(where: { $0.name == name }) {
                fetchers[place].asked = now
            } else if fetchers.count < Self.namesMax {
                fetchers.append(Fetcher(name: name, asked: now))
            }
        }
        if byBlob[blob] == nil, byBlob.count >= Self.blobsMax {
            byBlob = byBlob.filter { $0.value.contains { now - $0.asked <= Self.timeMax } }
        }
        if fetchers.isEmpty {
            byBlob[blob] = nil
        } else if byBlob[blob] != nil || byBlob.count < Self.blobsMax {
            byBlob[blob] = fetchers
        }
        return fetchers.map(\.name)
    }
}
