// A page of a list that this node and others have in parts: asks them for no more than the page needs.

struct MergedList: Sendable {
    let list: RegistryList
    /// A page of what is known here; nil when there is no such repo.
    let own: @Sendable (_ last: String?, _ count: Int) async throws -> ListPage?
    /// Peers, and the upstream.
    let others: [ListSource]
    let silent: SilentSources
    /// For all that is asked for one answer. Who needs longer is left out.
    let timeMax: Duration
    let log: @Sendable (String) -> Void

    struct Answer: Sendable {
        var entries: [ListEntry] = []
        var hasMore = false
        /// Somebody has such a repo.
        var isKnown = false
        /// They did not answer now, or a moment ago.
        var leftOut: Set<MissingSource> = []
    }

    /// Names that are looked at for one answer, the unwanted too.
    private static let namesMax = 200_000
    /// Own names that come at a time when those before were not enough are twice as many, so often: to look for them anew
    /// costs more than to hold them.
    private static let ownDoublingsMax = 4

    /// `isWanted`: which names may be shown; nil: all of them.
    func answer(_ page: Page, isWanted: (@Sendable (String) async -> Bool)? = nil) async throws -> Answer {
        let deadline = ContinuousClock.now + timeMax
        let asked = others.filter { !silent.isResting($0.source) }
        var merge = ListMerge(sources: asked.count + 1, after: page.last)
        var answer = Answer()
        answer.leftOut = Set(others.map(\.source)).subtracting(asked.map(\.source))
        var (byteCount, nameCount) = (0, 0)
        while nameCount < Self.namesMax {
            switch merge.next() {
            case .end: return answer
            case .ask(let questions):
                if isWanted == nil, page.count > 0, answer.entries.count == page.count {
                    answer.hasMore = true
                    return answer
                }
                let replies = try await replies(questions, of: asked, page, until: deadline)
                for question in questions {
                    guard case .page(let found?) = replies[question.source] else {
                        merge.leaveOut(question.source)
                        if case .page = replies[question.source] { continue }
                        answer.leftOut.insert(asked[question.source - 1].source)
                        continue
                    }
                    answer.isKnown = true
                    merge.add(found, from: question.source)
                }
            case .entry(let entry):
                nameCount += 1
                if let isWanted, await !isWanted(entry.name) { continue }
                guard answer.entries.count < page.count,
                    answer.entries.isEmpty || byteCount + entry.byteCount <= RegistryList.referrersBytesMax
                else {
                    answer.hasMore = page.count > 0
                    return answer
                }
                byteCount += entry.byteCount
                answer.entries.append(entry)
            }
        }
        log("a list has more than \(Self.namesMax) names that its reader may not see: its end is not shown")
        return answer
    }

    // MARK: Asking

    private enum Reply: Sendable {
        /// Nil: no such repo.
        case page(ListPage?)
        case failed(any Error)
        /// Time is up for all.
        case late
    }

    /// By the place of the source; this node is the first.
    private func replies(
        _ questions: [ListMerge.Question], of asked: [ListSource], _ page: Page,
        until deadline: ContinuousClock.Instant
    ) async throws -> [Int: Reply] {
        var own: ListPage?
        let isOwnAsked = questions.first?.source == 0
        if isOwnAsked, let question = questions.first {
            own = try await self.own(question.last, Self.count(question, page))
        }
        let others = questions.filter { $0.source > 0 }
        var replies = others.isEmpty ? [:] : await self.others(others, of: asked, page, until: deadline)
        try Task.checkCancellation()
        for question in others {
            let source = asked[question.source - 1]
            switch replies[question.source] {
            case .page: silent.answered(source.source)
            case .failed(let error): leaveOut(source, "\(error)")
            case .late, nil: leaveOut(source, "it did not answer in time")
            }
        }
        if isOwnAsked { replies[0] = .page(own) }
        return replies
    }

    /// One name more than the page has shows whether others follow. Who is asked again had names that were not wanted.
    private static func count(_ question: ListMerge.Question, _ page: Page) -> Int {
        let isOwn = question.source == 0
        guard question.pageCount > 0 else { return isOwn ? page.count + 1 : min(page.count + 1, Page.countMax) }
        return isOwn ? Page.countMax << min(question.pageCount, ownDoublingsMax) : Page.countMax
    }

    private func others(
        _ questions: [ListMerge.Question], of asked: [ListSource], _ page: Page,
        until deadline: ContinuousClock.Instant
    ) async -> [Int: Reply] {
        await withTaskGroup(of: (Int, Reply).self) { group in
            for question in questions {
                let (source, count) = (asked[question.source - 1], Self.count(question, page))
                group.addTask { (question.source, await reply(source, question.last, count)) }
            }
            group.addTask {
                try? await ContinuousClock().sleep(until: deadline)
                return (0, .late)
            }
            var replies: [Int: Reply] = [:]
            while replies.count < questions.count, let (source, reply) = await group.next() {
                if case .late = reply { break }
                replies[source] = reply
            }
            group.cancelAll()
            return replies
        }
    }

    private func reply(_ source: ListSource, _ last: String?, _ count: Int) async -> Reply {
        do {
            guard let answer = try await source.get(list.question(count, after: last), list.answerBytesMax) else {
                return .page(nil)
            }
            return .page(try ListPage(answer, of: list, after: last, count: count))
        } catch { return .failed(error) }
    }

    private func leaveOut(_ source: ListSource, _ reason: String) {
        guard silent.wasSilent(source.source) else { return }
        log("\(source.source) is left out of lists: \(reason)")
    }
}
