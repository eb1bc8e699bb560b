// What a listing of a repo's tags says: which stages may be chosen, and which moments are taken.
import Digests
import Planning
import Testing

@Suite struct `Listing of tags` {
    private static let a = String(repeating: "a", count: 56)
    private static let b = String(repeating: "b", count: 56)

    private func digest(_ text: String) throws -> StageDigest { try #require(StageDigest(text)) }

    private func times(_ listing: TagListing, _ text: String, notBefore: Int64 = 0) throws -> [Int64] {
        listing.candidates(of: try digest(text), notBefore: notBefore).map(\.timestamp)
    }

    @Test func `stages of a digest come oldest first, and the oldest is chosen`() throws {
        let listing = TagListing(["\(Self.a)-1700000000002", "\(Self.b)-1700000000000", "\(Self.a)-1700000000001"])
        #expect(try times(listing, Self.a) == [1_700_000_000_001, 1_700_000_000_002])
        #expect(listing.choice(of: try digest(Self.a))?.timestamp == 1_700_000_000_001)
        #expect(listing.stageCount == 3)
    }

    @Test func `none is older than its parent; an equal time is allowed`() throws {
        let listing = TagListing(["\(Self.a)-1700000000001", "\(Self.a)-1700000000002", "\(Self.a)-1700000000003"])
        #expect(try times(listing, Self.a, notBefore: 1_700_000_000_002) == [1_700_000_000_002, 1_700_000_000_003])
        #expect(listing.choice(of: try digest(Self.a), notBefore: 1_700_000_000_004) == nil)
    }

    @Test func `a rejected stage is not chosen, wherever its mark stands in the listing`() throws {
        let tags = [
            "\(Self.a)-1700000000001-rejected", "\(Self.a)-1700000000001", "\(Self.a)-1700000000002",
            "\(Self.b)-1700000000002-rejected",
        ]
        for listing in [TagListing(tags), TagListing(tags.reversed())] {
            #expect(try times(listing, Self.a) == [1_700_000_000_002])
            #expect(try times(listing, Self.b).isEmpty)
        }
    }

    @Test func `a moment given away counts also when it was rejected, or when only the mark is left`() throws {
        let listing = TagListing([
            "\(Self.a)-1700000000001", "\(Self.a)-1700000000005-rejected", "\(Self.b)-1700000000009",
        ])
        #expect(listing.greatestTimestamp(of: try digest(Self.a)) == 1_700_000_000_005)
        #expect(listing.greatestTimestamp(of: try digest(Self.b)) == 1_700_000_000_009)
        #expect(listing.greatestTimestamp(of: try digest(String(repeating: "c", count: 56))) == nil)
    }

    @Test func `a tag that comes twice is one stage`() throws {
        let listing = TagListing(["\(Self.a)-1700000000001", "\(Self.a)-1700000000001"])
        #expect(try times(listing, Self.a) == [1_700_000_000_001])
        #expect(listing.stageCount == 1)
    }

    @Test func `everything else is kept as it is`() {
        let others: Set = [
            "latest", "managed-image-app", "\(Self.a)", "\(Self.a)-170000000000", "\(Self.a)-17000000000010",
            "\(Self.a.uppercased())-1700000000001", "x-rejected", "\(Self.a)-1700000000001-rejected-rejected", "-", "",
        ]
        let listing = TagListing(others)
        #expect(listing.others == others)
        #expect(listing.stageCount == 0)
    }

    @Test func `a stage is contained when its tag is there`() throws {
        let listing = TagListing(["\(Self.a)-1700000000001", "\(Self.a)-1700000000001-rejected"])
        #expect(listing.contains(StageID(digest: try digest(Self.a), timestamp: 1_700_000_000_001)))
        #expect(!listing.contains(StageID(digest: try digest(Self.a), timestamp: 1_700_000_000_002)))
    }

    @Test func `stages of a clock that is ahead are neither chosen nor counted`() throws {
        let now: Int64 = 1_700_000_000_000
        let (good, bad) = (now + Timestamps.aheadMax, now + Timestamps.aheadMax + 1)
        let listing = TagListing(["\(Self.a)-\(bad)", "\(Self.a)-\(good)", "\(Self.a)-\(bad)-rejected"], now: now)
        #expect(try times(listing, Self.a) == [good])
        #expect(listing.greatestTimestamp(of: try digest(Self.a)) == good)
        #expect(listing.ahead?.timestamp == bad)
        #expect(TagListing(["\(Self.a)-\(bad)"]).ahead == nil)
    }
}
