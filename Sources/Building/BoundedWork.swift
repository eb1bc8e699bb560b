// Work over many items, a few at a time.

/// The results of `work` in the order of `items`; at most `limit` run at once. The first failure cancels the rest.
package func mapBounded<Item: Sendable, Value: Sendable>(
    _ items: [Item], atOnce limit: Int, _ work: @escaping @Sendable (Item) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
        var results = [Value?](repeating: nil, count: items.count)
        for (number, item) in items.enumerated() {
            if number >= limit, let (done, value) = try await group.next() { results[done] = value }
            group.addTask { (number, try await work(item)) }
        }
        while let (done, value) = try await group.next() { results[done] = value }
        return results.compactMap { $0 }
    }
}
