// Several lists as one, whatever the pages in which they come.
import Testing

@testable import RegistryServer

@Suite struct `A merge of lists` {
    /// All that it gives; the sources have these names, and pages of so many.
    private func merged(_ lists: [[String]], pages sizes: [Int], after last: String? = nil) -> [String] {
        var merge = ListMerge(sources: lists.count, after: last)
        var names: [String] = []
        while true {
            switch merge.next() {
            case .entry(let entry): names.append(entry.name)
            case .end: return names
            case .ask(let questions):
                for question in questions {
                    let page = ListPage(lists[question.source], after: question.last, count: sizes[question.source])
                    merge.add(page, from: question.source)
                }
            }
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `is their union in order`(seed: UInt64) {
        var state = pattern(64, seed: seed)[...]
        func number(_ bound: Int) -> Int { Int(state.removeFirst()) % bound }
        let sizes = (0...number(4)).map { _ in 1 + number(5) }
        let lists = sizes.map { _ in Set((0..<number(12)).map { _ in "v\(number(30))" }).sorted() }
        let all = Set(lists.joined()).sorted()
        #expect(merged(lists, pages: sizes) == all)
        #expect(merged(lists, pages: sizes, after: "v2") == all.filter { $0 > "v2" })
    }

    @Test func `goes on without those that are left out, and ends with those that say too often that more follows`() {
        var merge = ListMerge(sources: 2, after: nil)
        guard case .ask(let questions) = merge.next() else {
            Issue.record("nobody is asked")
            return
        }
        #expect(questions.map(\.source) == [0, 1])
        merge.leaveOut(0)
        var names: [String] = []
        for number in 0..<1_000 {
            merge.add(ListPage([ListEntry("v\(1_000 + number)")], hasMore: true), from: 1)
            guard case .entry(let entry) = merge.next() else {
                Issue.record("a name is lost")
                return
            }
            names.append(entry.name)
            if case .end = merge.next() { break }
        }
        #expect(names.count == ListMerge.pagesMax)
    }

    @Test func `ends where a source says that more follows and has nothing`() {
        var merge = ListMerge(sources: 1, after: nil)
        merge.add(ListPage([], hasMore: true), from: 0)
        #expect(merge.next() == .end)
    }
}
