// Two nodes that lack the same file: one is sent it, the other waits.
import Digests
import Testing

@testable import Peering

@Suite struct `Claims of what is sent` {
    private let digests = ["a", "b", "c"].map { BlobDigest(of: Array($0.utf8)) }

    @Test func `go to the first, and to the next when they are given back`() {
        let claims = SendClaims()
        #expect(claims.claim([digests[0], digests[1]]) == [digests[0], digests[1]])
        #expect(claims.claim(digests) == [digests[2]])
        claims.giveBack([digests[0]])
        #expect(claims.claim(digests) == [digests[0]])
    }

    @Test func `wake those who wait for one of them`() async {
        let claims = SendClaims()
        _ = claims.claim(digests)
        async let waited: Void = claims.waitForChange(of: [digests[1]])
        async let other: Void = claims.waitForChange(of: [digests[2]])
        for _ in 0..<10 { await Task.yield() }
        claims.giveBack(digests)
        _ = await (waited, other)
        await claims.waitForChange(of: digests)
    }
}
