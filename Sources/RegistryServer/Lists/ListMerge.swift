// Several lists as one: which name comes next, and who has to be asked before that is known.

/// Of a name that several sources have, the entry of the first counts. Never holds more than one page of each.
struct ListMerge: Sendable {
    enum Step: Hashable, Sendable {
        case entry(ListEntry)
        /// Each has to be answered by `add` or `leaveOut`.
        case ask([Question])
        case end
    }

    struct Question: Hashable, Sendable {
        /// Its place among the sources.
        let source: Int
        let last: String?
        /// Pages that it gave before.
        let pageCount: Int
    }

    private struct Source {
        var entries: ArraySlice<ListEntry> = []
        var last: String?
        var hasMore = true
        var pageCount = 0
    }

    private var sources: [Source]

    /// Pages of one source.
    static let pagesMax = 128

    init(sources count: Int, after last: String?) { sources = Array(repeating: Source(last: last), count: count) }

    /// The next name is known only when every source that has more has shown one.
    mutating func next() -> Step {
        let questions = sources.indices.filter { sources[$0].entries.isEmpty && sources[$0].hasMore }
        guard questions.isEmpty else {
            return .ask(
                questions.map {
                    Question(source: $0, last: sources[$0].last, pageCount: sources[$0].pageCount)
                })
        }
        guard let name = sources.lazy.compactMap({ $0.entries.first?.name }).min() else { return .end }
        let entries = sources.indices.filter { sources[$0].entries.first?.name == name }.map {
            sources[$0].entries.removeFirst()
        }
        return .entry(entries[0])
    }

    /// `page`: names after the last that the source gave, in order. One without names is its last.
    mutating func add(_ page: ListPage, from source: Int) {
        sources[source].entries = page.entries[...]
        sources[source].last = page.entries.last?.name ?? sources[source].last
        sources[source].pageCount += 1
        sources[source].hasMore =
            page.hasMore && !page.entries.isEmpty && sources[source].pageCount < Self.pagesMax
    }

    /// Nothing more comes from it.
    mutating func leaveOut(_ source: Int) { sources[source].hasMore = false }
}
