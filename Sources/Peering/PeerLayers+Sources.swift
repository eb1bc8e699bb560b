// Who gives parts of a blob: holders that have it, and nodes that fetch it at the same time and are met meanwhile.
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Mesh
import Reports
import Transport

extension PeerLayers {
    /// Between two looks at what a fetcher has.
    private static let fetcherInterval = Duration.milliseconds(100)
    /// Between two looks at who else fetches.
    private static let fetchersInterval = Duration.milliseconds(250)
    /// Parts that one who has the whole blob is asked for at once: the next one comes while one is checked.
    private static let wholeAsksMax = 2

    private enum News {
        case gaveAll
        case named([String], by: Holder)
        case met(Holder, Int)
        case nothing
    }

    /// Takes parts until the blob is whole or nobody gives more.
    func run(
        _ fetch: PartsFetch, _ lines: ClaimedDigests, _ holders: [Holder],
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        // Who else fetches is known before it is chosen where to begin.
        let first = await names(by: fetch.claimer, fetch)
        try await withThrowingTaskGroup(of: News.self) { group in
            group.addTask { await self.read(lines, for: fetch) }
            var givers = 0
            func give(_ holder: Holder, _ source: Int) {
                givers += 1
                group.addTask {
                    try await self.giveAll(source, holder, fetch, report)
                    return .gaveAll
                }
            }
            func meet(_ names: [String], by holder: Holder) {
                let known = nodes()
                for name in fetch.meet(names, own: links.system.name) {
                    guard let fetcher = known.first(where: { $0.name == name }), !holders.contains(fetcher),
                        !isLiar(fetcher)
                    else {
                        fetch.rest(name)
                        continue
                    }
                    group.addTask { await self.greet(fetcher, fetch) }
                }
                group.addTask {
                    try await Task.sleep(for: Self.fetchersInterval)
                    return .named(await self.names(by: holder, fetch), by: holder)
                }
            }
            for holder in holders {
                let source = fetch.add(isWhole: true)
                for _ in 0..<Self.wholeAsksMax { give(holder, source) }
            }
            for holder in holders { meet(holder == fetch.claimer ? first : [], by: holder) }
            // One that is still asked for a part that came from elsewhere is not waited for.
            while givers > 0, !fetch.isComplete, let news = try await group.next() {
                switch news {
                case .gaveAll: givers -= 1
                case .named(let names, let holder): meet(names, by: holder)
                case .met(let fetcher, let source):
                    give(fetcher, source)
                    group.addTask { await self.watch(source, fetcher, fetch) }
                case .nothing: break
                }
            }
            group.cancelAll()
        }
    }

    private func read(_ lines: ClaimedDigests, for fetch: PartsFetch) async -> News {
        var lines = lines
        while let digest = try? await lines.next() { fetch.learn(digest) }
        fetch.endDigests()
        return .nothing
    }

    /// Who fetches the blob, as a holder says; asking says that this node does.
    private func names(by holder: Holder, _ fetch: PartsFetch) async -> [String] {
        await answer(of: holder, fetch.blob.digest, fetch.blob.parts)?.nodes ?? []
    }

    /// Nil when it has and fetches nothing of it, does not know how to say that, or was not reached.
    func answer(of holder: Holder, _ digest: BlobDigest, _ parts: BlobParts) async -> PartsAnswer? {
        do {
            let head = HTTPRequest.peer(.get, PeerPath.parts(digest))
            let (answer, body) = try await links.stream(to: holder.address).exchange(head)
            defer { body.abandon() }
            guard answer.status == .ok else { return nil }
            let text = String(decoding: try await body.bytes(atMost: PartsAnswer.bytesMax), as: UTF8.self)
            return PartsAnswer(text, count: parts.count)
        } catch { return nil }
    }

    private func greet(_ fetcher: Holder, _ fetch: PartsFetch) async -> News {
        guard let answer = await answer(of: fetcher, fetch.blob.digest, fetch.blob.parts) else {
            fetch.rest(fetcher.name)
            return .nothing
        }
        let source = fetch.add(isWhole: false)
        fetch.learn(source, answer)
        return .met(fetcher, source)
    }

    /// Keeps what is known of a fetcher up to date.
    private func watch(_ source: Int, _ fetcher: Holder, _ fetch: PartsFetch) async -> News {
        while (try? await Task.sleep(for: Self.fetcherInterval)) != nil {
            guard let answer = await answer(of: fetcher, fetch.blob.digest, fetch.blob.parts) else {
                fetch.fail(source)
                fetch.rest(fetcher.name)
                break
            }
            fetch.learn(source, answer)
        }
        return .nothing
    }
}
