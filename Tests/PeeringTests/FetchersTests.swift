// Who fetches a blob, and what nodes say of its parts: bounded, in order, and nothing taken that makes no sense.
import BlobStore
import Digests
import Testing

@testable import Peering

@Suite struct `Fetchers of a blob` {
    private let blob = BlobDigest(of: [1])

    @Test func `are named in the order in which they began, as long as they ask`() {
        var fetchers = Fetchers()
        #expect(fetchers.note("b", asks: blob, now: .zero) == ["b"])
        #expect(fetchers.note("a", asks: blob, now: .seconds(1)) == ["b", "a"])
        #expect(fetchers.note("b", asks: blob, now: Fetchers.timeMax) == ["b", "a"])
        #expect(fetchers.note(nil, asks: blob, now: Fetchers.timeMax + .seconds(2)) == ["b"])
        #expect(fetchers.note("a", asks: BlobDigest(of: [2]), now: .seconds(3)) == ["a"], "of another blob")
    }

    @Test func `are so many at most, of so many blobs`() {
        var fetchers = Fetchers()
        for number in 0..<100 { _ = fetchers.note("n\(number)", asks: blob, now: .zero) }
        #expect(fetchers.note(nil, asks: blob, now: .zero) == (0..<Fetchers.namesMax).map { "n\($0)" })
        for number in 0..<1_000 {
            _ = fetchers.note("a", asks: BlobDigest(of: [3, UInt8(number % 256), UInt8(number / 256)]), now: .zero)
        }
        #expect(fetchers.note(nil, asks: BlobDigest(of: [3, 231, 3]), now: .zero) == [], "there was no room")
        #expect(fetchers.note(nil, asks: blob, now: .zero).count == Fetchers.namesMax)
        let later = Fetchers.timeMax + .seconds(1)
        #expect(fetchers.note("c", asks: BlobDigest(of: [4]), now: later) == ["c"])
        #expect(fetchers.note(nil, asks: BlobDigest(of: [4]), now: later) == ["c"], "there is room again")
    }

    @Test func `say what they have`() {
        var has = PartSet(count: 9)
        has.insert(8)
        let answers = [
            PartsAnswer(nodes: ["a", "b"]), PartsAnswer(), PartsAnswer(has: has, coming: PartSet(count: 9)),
            PartsAnswer(has: has, nodes: ["c"]),
        ]
        for answer in answers { #expect(PartsAnswer(answer.text, count: 9) == answer) }
        #expect(PartsAnswer("has all\nwhat 1\nnode a b\n", count: 9) == PartsAnswer(), "lines of later kinds")
        for text in ["", "node a", "has", "has 00", "has 0000ff", "has 00fe", "has all\ncoming 1", "has ALL", "\0"] {
            #expect(PartsAnswer(text, count: 9) == nil, "\(text)")
        }
        let many = PartsAnswer(nodes: (0..<1_000).map { "n\($0)" })
        #expect(PartsAnswer(many.text, count: 9)?.nodes.count == Fetchers.namesMax)
    }
}
