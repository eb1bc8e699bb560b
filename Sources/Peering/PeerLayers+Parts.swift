// A big blob in parts, from holders that have it and from nodes that fetch it at the same time.
import Availability
import BlobStore
import Building
import Digests
import HTTPMessages
import HTTPTypes
import Logging
import Mesh
import Reports
import Transport

extension PeerLayers {
    /// Blobs of fewer bytes come from one holder, in order.
    static let splitBytesMin: Int64 = 16 << 20
    /// Holders of a whole blob that are used at once.
    static let sourcesMax = 4
    /// Before a source without work is looked at again.
    private static let idlePause = Duration.milliseconds(20)
    /// Between two looks at what a fetcher has.
    private static let fetcherInterval = Duration.milliseconds(100)
    /// Between two looks at who else fetches.
    private static let fetchersInterval = Duration.milliseconds(250)

    enum PartsEnd {
        case whole
        /// Nobody says what the parts are: it is fetched in order.
        case unknown
        /// Nobody gives the rest.
        case left
        /// All parts were what it said, and the blob is not.
        case wrong(claimer: Holder)
    }

    func fetchParts(
        _ digest: BlobDigest, size: Int64, from holders: [Holder],
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> PartsEnd {
        guard let parts = BlobParts(size: size), let claim = try await claim(of: digest, from: holders) else {
            return .unknown
        }
        let opened = try await opened(digest, size) { try self.store.blobs.scattered(digest, parts) }
        guard let blob = opened else { return .whole }
        var lines = ClaimedDigests(claim.lines, count: parts.count)
        let known = blob.isNew ? [] : try await check(blob, &lines)
        let fetch = PartsFetch(blob, claimer: claim.holder, name: links.system.name)
        for digest in known { fetch.learn(digest) }
        arriving.begin(fetch)
        defer { arriving.end(fetch) }
        try await run(fetch, lines, holders, report)
        guard fetch.isComplete else { return .left }
        do {
            try await withTaskExecutorPreference(threads) { try blob.finish() }
        } catch StoreError.corrupt {
            logger.info("parts don't make the blob", metadata: ["blob": "\(digest)", "peer": "\(claim.holder.name)"])
            return .wrong(claimer: claim.holder)
        }
        cut.drop(digest)
        for holder in fetch.doubtedHolders { distrust(holder, "a part of \(digest) was wrong") }
        return .whole
    }

    // MARK: What the parts are

    /// The first holder that says what the parts are; nil when none of them knows how.
    private func claim(of digest: BlobDigest, from holders: [Holder]) async throws -> (holder: Holder, lines: Body)? {
        for holder in holders {
            do {
                let head = HTTPRequest.peer(.get, PeerPath.partDigests(digest))
                let (answer, body) = try await links.stream(to: holder.address).exchange(head)
                if answer.status == .ok { return (holder, body) }
                body.abandon()
            } catch {
                try Task.checkCancellation()
                logger.debug("no digests of parts", metadata: ["peer": "\(holder.name)", "reason": "\(error)"])
            }
        }
        return nil
    }

    /// What an earlier fetch left is kept where it is what the holder says. All digests, or as many as came.
    private func check(_ blob: ScatteredBlob, _ lines: inout ClaimedDigests) async throws -> [BlobDigest] {
        var digests: [BlobDigest] = []
        while let digest = try? await lines.next() { digests.append(digest) }
        try Task.checkCancellation()
        let known = digests
        try await withTaskExecutorPreference(threads) {
            for (part, digest) in known.enumerated() { try blob.check(part, is: digest) }
        }
        return digests
    }

    // MARK: Sources

    private enum News {
        case gaveAll
        case named([String], by: Holder)
        case met(Holder, Int)
        case nothing
    }

    /// Takes parts until the blob is whole or nobody gives more.
    private func run(
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
                group.addTask { try await self.giveAll(source, holder, fetch, report) }
            }
            func meet(_ names: [String], by holder: Holder) {
                let known = nodes()
                for name in fetch.meet(names, own: links.system.name) {
                    guard let fetcher = known.first(where: { $0.name == name }), !holders.contains(fetcher) else {
                        continue
                    }
                    group.addTask { await self.greet(fetcher, fetch) }
                }
                group.addTask {
                    try await Task.sleep(for: Self.fetchersInterval)
                    return .named(await self.names(by: holder, fetch), by: holder)
                }
            }
            for holder in holders { give(holder, fetch.add(isWhole: true)) }
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
        await answer(of: holder, fetch)?.nodes ?? []
    }

    /// Nil when it fetches nothing, or was not reached.
    private func answer(of holder: Holder, _ fetch: PartsFetch) async -> PartsAnswer? {
        do {
            let head = HTTPRequest.peer(.get, PeerPath.parts(fetch.blob.digest))
            let (answer, body) = try await links.stream(to: holder.address).exchange(head)
            defer { body.abandon() }
            guard answer.status == .ok else { return nil }
            let text = String(decoding: try await body.bytes(atMost: PartsAnswer.bytesMax), as: UTF8.self)
            return PartsAnswer(text, count: fetch.blob.parts.count)
        } catch { return nil }
    }

    private func greet(_ fetcher: Holder, _ fetch: PartsFetch) async -> News {
        guard let answer = await answer(of: fetcher, fetch) else {
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
            guard let answer = await answer(of: fetcher, fetch) else {
                fetch.fail(source)
                fetch.rest(fetcher.name)
                break
            }
            fetch.learn(source, answer)
        }
        return .nothing
    }

    // MARK: Parts

    private func giveAll(
        _ source: Int, _ holder: Holder, _ fetch: PartsFetch, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> News {
        do {
            try await give(source, holder, fetch, report)
        } catch let error as Unwritable {
            throw error.reason
        } catch {
            try Task.checkCancellation()
            let held = HeldName(blob: fetch.blob.digest)
            if error is NotThere, fetch.isWhole(source) { beliefs.note(held, wasAt: holder.name, false) }
            fetch.fail(source)
            logger.info("a holder gives no more", metadata: ["peer": "\(holder.name)", "reason": "\(error)"])
        }
        return .gaveAll
    }

    /// No holder's fault.
    private struct Unwritable: Error {
        let reason: any Error
    }

    /// Takes parts from one source until there are none to take.
    private func give(
        _ source: Int, _ holder: Holder, _ fetch: PartsFetch, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        let connection = try await links.stream(to: holder.address)
        while true {
            switch fetch.work(for: source) {
            case .done: return
            case .wait: try await Task.sleep(for: Self.idlePause)
            case .fetch(let part, let range):
                try await take(part, range, holder, fetch, over: connection)
                guard let byteCount = fetch.finish(part, from: source) else { continue }
                note(fetched: Int64(range.count))
                let transfer = Transfer(.pull, subject: holder.name, blob: fetch.blob.digest)
                report(.transferred(transfer, byteCount: byteCount, total: fetch.blob.parts.size))
            }
        }
    }

    /// Gets a part and writes it. Throws when it is not there, or is not what it should be.
    private func take(
        _ part: Int, _ range: Range<Int64>, _ holder: Holder, _ fetch: PartsFetch, over connection: PeerConnection
    ) async throws {
        let (digest, begun) = (fetch.blob.digest, cut.take(part, fetch.blob.digest))
        // What was kept of it may be another's lie: then all of it is asked for.
        for kept in begun.isEmpty ? [[]] : [begun, []] {
            var bytes = kept
            do {
                try await receive(range, of: digest, into: &bytes, over: connection)
            } catch {
                cut.keep(bytes, of: part, digest)
                throw error
            }
            if try await put(bytes, part, fetch) { return }
        }
        fetch.doubt(holder)
        throw NodeTrouble("part \(part) of \(digest) is not what \(fetch.claimer.name) says")
    }

    private func put(_ bytes: [UInt8], _ part: Int, _ fetch: PartsFetch) async throws -> Bool {
        let expected = try await fetch.digest(of: part)
        return try await withTaskExecutorPreference(threads) {
            do { return try fetch.blob.put(bytes, as: part, expecting: expected) } catch {
                throw Unwritable(reason: error)
            }
        }
    }

    /// Adds to the bytes of a range that are there already what is missing.
    private func receive(
        _ range: Range<Int64>, of digest: BlobDigest, into bytes: inout [UInt8], over connection: PeerConnection
    ) async throws {
        guard bytes.count < range.count else { return }
        var head = HTTPRequest.peer(.get, PeerPath.blob(digest))
        head.headerFields[.range] = "bytes=\(range.lowerBound + Int64(bytes.count))-\(range.upperBound - 1)"
        let (answer, body) = try await connection.exchange(head)
        defer { body.abandon() }
        guard answer.status == .partialContent else { throw NotThere() }
        bytes.reserveCapacity(range.count)
        while bytes.count < range.count, let piece = try await body.next() { bytes += piece }
        guard bytes.count == range.count else {
            throw NodeTrouble("\(bytes.count) bytes came in place of \(range.count)")
        }
    }

    private struct NotThere: Error {}
}

/// The digests of parts as a holder says them, one after the other.
private struct ClaimedDigests: Sendable {
    private let body: Body
    private var left: Int
    private var unread: ArraySlice<UInt8> = []

    init(_ body: Body, count: Int) {
        self.body = body
        left = count
    }

    /// Nil at the end.
    mutating func next() async throws -> BlobDigest? {
        guard left > 0 else { return nil }
        while unread.count < PartDigests.lineBytes {
            guard let piece = try await body.next() else { return nil }
            unread += piece
        }
        let line = unread.prefix(PartDigests.lineBytes)
        unread = unread.dropFirst(PartDigests.lineBytes)
        guard let digest = BlobDigest(hex: String(decoding: line.dropLast(), as: UTF8.self)) else {
            throw NodeTrouble("a line that is no digest")
        }
        left -= 1
        return digest
    }
}
