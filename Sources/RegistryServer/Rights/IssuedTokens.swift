// Tokens that stand for a user for some minutes: what lasts goes over the network once, and not with every request.
import Digests
import Synchronization

final class IssuedTokens: Sendable {
    private struct Entry {
        let user: String
        let end: ContinuousClock.Instant
    }

    /// Seconds that one is good for.
    static let seconds = 300
    /// Beyond, the oldest go.
    static let countMax = 10_000
    private static let byteCount = 32
    /// Stands for nobody: who has no credentials gets it, since some clients send nothing without a token.
    static let anonymous = "anonymous"

    private let entries = Mutex<[String: Entry]>([:])

    func make(for user: String, now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator)
        -> String
    {
        let text = Hexadecimal.text((0..<Self.byteCount).map { _ in .random(in: .min ... .max, using: &generator) })
        entries.withLock { entries in
            if entries.count >= Self.countMax { Self.makeRoom(&entries, now) }
            entries[Self.key(text)] = Entry(user: user, end: now.advanced(by: .seconds(Self.seconds)))
        }
        return text
    }

    private static func makeRoom(_ entries: inout [String: Entry], _ now: ContinuousClock.Instant) {
        entries = entries.filter { $0.value.end > now }
        guard entries.count >= countMax else { return }
        let half = entries.sorted { $0.value.end < $1.value.end }.prefix(countMax / 2)
        for entry in half { entries[entry.key] = nil }
    }

    /// Nil when it is none of these, or too old.
    func user(_ token: String, now: ContinuousClock.Instant) -> String? {
        entries.withLock { entries in
            guard let entry = entries[Self.key(token)], entry.end > now else { return nil }
            return entry.user
        }
    }

    /// By its hash: how long a look takes says nothing about the tokens.
    private static func key(_ token: String) -> String { BlobDigest(of: Array(token.utf8)).hex }
}
