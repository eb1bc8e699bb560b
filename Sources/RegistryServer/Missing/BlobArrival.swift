// Fetches a blob into the store and passes it on as it comes: the end of it only when all of it was right.
import BlobStore
import Digests
import HTTPMessages
import SystemPackage

/// One blob as one caller sees it. A caller who stops reading stops nobody else, and a slow one slows nobody else: bytes go
/// to the disk as they come, and everybody reads them from there.
struct BlobArrival: Sendable {
    let digest: BlobDigest
    let repo: RepoName
    let found: MissingBlob
    let parts: PullThrough

    /// Bytes that are passed on at a time.
    private static let pieceBytes = 128 << 10
    /// The last bytes of what was asked for, passed on only after the whole blob was verified: nobody ever has all of a
    /// wrong one.
    private static let heldBackBytes: Int64 = 64 << 10
    /// Between two looks at a download that another process has.
    private static let pause = Duration.milliseconds(50)
    /// After which that is given up: another process's download that long without an end is not worth waiting for.
    private static let pausesMax = 1_200
    /// Times that a fetch goes on after a broken link.
    private static let resumptionsMax = 3

    /// Writes bytes `range` of the blob to `body`. Throws when they can't be had, or were wrong.
    func deliver(_ range: Range<Int64>, to body: Body) async throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            if let stored = try await parts.contents.blob(digest, of: repo) {
                return try await copy(stored, offset..<range.upperBound, to: body)
            }
            switch parts.flights.join(digest, size: found.size) {
            case .follow(let flight):
                guard flight.size == found.size else { throw MissingFailure("two sources give it two sizes") }
                offset = try await follow(flight, offset..<range.upperBound, to: body)
            case .lead(let flight): offset = try await lead(flight, offset..<range.upperBound, to: body)
            }
        }
    }

    /// Fetches all of it. The last byte is given only when the whole was verified, and is the repo's.
    func bring() async throws { try await deliver(max(0, found.size - 1)..<found.size, to: Body()) }

    /// Fetches beside delivering; when the caller goes away, so does the fetch, and another caller takes it over.
    private func lead(_ flight: BlobFlight, _ range: Range<Int64>, to body: Body) async throws -> Int64 {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await fetch(flight) }
            do {
                let offset = try await follow(flight, range, to: body)
                try await group.waitForAll()
                return offset
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    // MARK: Reading

    /// Where the delivery stands: at the end, or where the fetch was left.
    private func follow(_ flight: BlobFlight, _ range: Range<Int64>, to body: Body) async throws -> Int64 {
        var offset = range.lowerBound
        let safe = max(offset, range.upperBound - Self.heldBackBytes)
        while offset < range.upperBound {
            // Beyond what may be passed on unverified only the verdict counts.
            let progress = try await flight.progress(beyond: offset < safe ? offset : flight.size)
            var end = min(progress.available, safe)
            switch progress.verdict {
            case .coming: break
            case .verified: end = range.upperBound
            case .failed(let error): throw error
            case .left: return offset
            }
            guard let file = progress.file else { throw MissingFailure("it ended before it began") }
            try await copy(file, offset..<max(offset, end), to: body)
            offset = max(offset, end)
        }
        return offset
    }

    private func copy(_ blob: StoredBlob, _ range: Range<Int64>, to body: Body) async throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = try blob.read(at: offset, atMost: min(Self.pieceBytes, Int(range.upperBound - offset)))
            guard !piece.isEmpty else { throw MissingFailure("its file was cut") }
            try await body.write(piece)
            offset += Int64(piece.count)
        }
    }

    // MARK: Fetching

    private func fetch(_ flight: BlobFlight) async {
        do {
            try await receive(flight)
            parts.counters.count(fetchFrom: found.source, isGood: true)
            parts.flights.end(flight, .verified)
        } catch is CancellationError {
            parts.flights.end(flight, .left)
        } catch {
            if Task.isCancelled { return parts.flights.end(flight, .left) }
            parts.counters.count(fetchFrom: found.source, isGood: false)
            switch error {
            case StoreError.corrupt, StoreError.wrongSize:
                await parts.missing?.gaveWrongBytes(digest, source: found.source)
            default: break
            }
            parts.flights.end(flight, .failed(error))
        }
    }

    private func receive(_ flight: BlobFlight) async throws {
        guard let partial = try await download() else {
            // Another process has fetched it.
            try parts.contents.link(digest, to: repo)
            guard let blob = try await parts.contents.blob(digest, of: repo) else {
                throw MissingFailure("another process fetched it, and it is gone")
            }
            return flight.begin(blob, available: flight.size)
        }
        flight.begin(StoredBlob(digest, size: found.size, file: try partial.reader()), available: partial.offset)
        var resumptions = 0
        while partial.offset < found.size {
            let before = partial.offset
            do {
                try await append(to: partial, flight)
            } catch let error as StoreError {
                // What was received is of no use to anybody while there is no room for the rest.
                if error.isDiskFull { try? partial.discard() }
                throw error
            } catch {
                try Task.checkCancellation()
                resumptions = partial.offset > before ? 0 : resumptions + 1
                guard resumptions < Self.resumptionsMax else { throw error }
            }
        }
        try partial.finish()
        try parts.contents.link(digest, to: repo)
    }

    private func append(to partial: PartialBlob, _ flight: BlobFlight) async throws {
        try await found.fetch(partial.offset) { piece in
            try partial.append(piece)
            parts.counters.count(fetched: piece.count, from: found.source)
            flight.advance(to: partial.offset)
        }
        guard partial.offset >= found.size else { throw MissingFailure("it ended early") }
    }

    /// Nil when another process has finished it meanwhile.
    private func download() async throws -> PartialBlob? {
        for _ in 0..<Self.pausesMax {
            if parts.contents.size(digest) != nil { return nil }
            if let partial = try parts.contents.download(digest, size: found.size) { return partial }
            try await Task.sleep(for: Self.pause)
        }
        throw MissingFailure("another process fetches it and does not get on")
    }
}

/// Why something that is not here could not be had.
struct MissingFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
