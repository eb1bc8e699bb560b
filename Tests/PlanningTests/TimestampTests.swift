// Timestamps of publications.
import Planning
import Testing

@Suite struct `Timestamps of publications` {
    private let now: Int64 = 1_700_000_000_000

    @Test func `a publication is made now`() {
        #expect(Timestamps.next(now: now, greatestGiven: nil, parent: nil) == now)
        #expect(Timestamps.next(now: now, greatestGiven: now - 1, parent: now - 1) == now)
    }

    @Test func `a moment is never given twice`() {
        #expect(Timestamps.next(now: now, greatestGiven: now, parent: nil) == now + 1)
        #expect(Timestamps.next(now: now, greatestGiven: now + 500, parent: nil) == now + 501)
    }

    @Test func `no stage is older than what it is built on`() {
        #expect(Timestamps.next(now: now, greatestGiven: nil, parent: now + 7) == now + 7)
        #expect(Timestamps.next(now: now, greatestGiven: now + 7, parent: now + 7) == now + 8)
    }

    @Test func `a clock before 1970 gives no negative moment`() {
        #expect(Timestamps.next(now: -5, greatestGiven: nil, parent: nil) == 0)
    }

    @Test func `after the last moment that fits a tag there is none`() {
        let next = Timestamps.next(now: now, greatestGiven: Timestamps.greatest, parent: nil)
        #expect(next > Timestamps.greatest)
        #expect(Timestamps.next(now: now, greatestGiven: .max, parent: nil) > Timestamps.greatest)
    }
}
