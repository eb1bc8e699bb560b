// Timestamps of publications.
import Planning
import Testing

@Suite struct `Timestamps of publications` {
    @Test func `a publication is made now`() {
        #expect(Timestamps.next(now: 1_700_000_000_000, greatestGiven: nil, parent: nil) == 1_700_000_000_000)
    }
}
