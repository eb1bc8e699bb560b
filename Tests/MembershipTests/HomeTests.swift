// Homes are the same everywhere, fair by weight, and move only when they must.
import Membership
import Testing

@Suite struct `Homes of digests` {
    private func nodes(_ weights: [Int]) -> [(name: NodeName, weight: Int)] {
        weights.enumerated().compactMap { index, weight in NodeName("node-\(index)").map { ($0, weight) } }
    }

    private func digest(_ number: Int) -> [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: (number &* 2_654_435_761) >> ($0 % 4 * 8) ^ $0) }
    }

    @Test func `are the same in every release`() {
        let homes = Homes(nodes([1, 2, 4, 8, 16]))
        let found = (0..<12).map { homes.home(of: digest($0))?.text.last.map(String.init) ?? "none" }.joined()
        #expect(found == "444333424243")
    }

    @Test func `do not depend on the order of the nodes`() {
        let list = nodes([3, 1, 2, 5])
        let forward = Homes(list)
        let backward = Homes(list.reversed())
        for number in 0..<1000 { #expect(forward.home(of: digest(number)) == backward.home(of: digest(number))) }
    }

    @Test func `are shared by weight`() {
        let weights = [1, 2, 4, 8, 16, 1]
        let homes = Homes(nodes(weights))
        var counts = [Int](repeating: 0, count: weights.count)
        for number in 0..<32_000 {
            let index = homes.home(of: digest(number)).flatMap { Int($0.text.dropFirst(5)) } ?? 0
            counts[index] += 1
        }
        for (count, weight) in zip(counts, weights) {
            let expected = 1000 * weight
            // Five standard deviations of a binomial.
            #expect(abs(count - expected) < 160 * weight + 5, "\(counts)")
        }
    }

    @Test func `of a node that goes are the only ones that move`() {
        let all = nodes([4, 4, 2, 8])
        let before = Homes(all)
        let after = Homes(all.dropLast())
        var moved = 0
        for number in 0..<4000 {
            let old = before.home(of: digest(number))
            guard old != all[3].name else {
                moved += 1
                continue
            }
            #expect(after.home(of: digest(number)) == old)
        }
        #expect((1500...2100).contains(moved), "8 of 18 shares: \(moved)")
    }

    @Test func `move by one share only when one slot is added`() {
        let before = Homes(nodes([4, 4, 4, 4]))
        let after = Homes(nodes([4, 4, 5, 4]))
        let moved = (0..<17_000).filter { before.home(of: digest($0)) != after.home(of: digest($0)) }
        // One draw in 17 is the new one's, and a quarter of what it wins was the node's own before.
        #expect((620...880).contains(moved.count), "\(moved.count)")
        #expect(moved.allSatisfy { after.home(of: digest($0))?.text == "node-2" })
    }

    @Test func `have successors in the order in which they take over`() {
        let all = nodes([2, 3, 4])
        let homes = Homes(all)
        for number in 0..<200 {
            let order = homes.homes(of: digest(number), count: 3)
            let rest = Homes(all.filter { $0.name != order[0] })
            #expect(order.first == homes.home(of: digest(number)))
            #expect(order[1] == rest.home(of: digest(number)))
        }
    }

    @Test func `are none without a node that builds`() {
        #expect(Homes(nodes([0, 0])).home(of: digest(1)) == nil)
        #expect(Homes(nodes([])).isEmpty)
    }
}
