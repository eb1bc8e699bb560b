// A big blob from several holders at once: each gives the parts that it is quickest with.
import Availability
import BlobStore
import Digests
import HTTPMessages
import HTTPTypes
import Logging
import Mesh
import Reports
import Synchronization
import Transport

extension PeerLayers {
    /// Blobs of fewer bytes come from one holder.
    static let splitBytesMin: Int64 = 16 << 20
    /// Holders of one blob that are used at once.
    static let sourcesMax = 4
    /// Before a holder without work asks for some again.
    private static let idlePause = Duration.milliseconds(20)

    /// Appends what the holders give until the blob is whole or none of them gives more.
    func fetchParts(
        _ digest: BlobDigest, size: Int64, from holders: [Holder], into partial: PeerPartial,
        _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        let assembly = Assembly(partial, digest, size: size)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, holder) in holders.enumerated() {
                group.addTask {
                    do {
                        try await self.give(number, holder, assembly, report)
                    } catch let error as Assembly.Unwritable {
                        throw error.reason
                    } catch {
                        try Task.checkCancellation()
                        assembly.fail(number)
                        self.logger.info(
                            "a holder gives no more", metadata: ["peer": "\(holder.name)", "reason": "\(error)"])
                    }
                }
            }
            // One that is still asked for a part that came from elsewhere is not waited for.
            while try await group.next() != nil, !assembly.isComplete {}
            group.cancelAll()
        }
    }

    /// Takes parts from one holder until there are none to take.
    private func give(
        _ number: Int, _ holder: Holder, _ assembly: Assembly, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
        let connection = try await links.stream(to: holder.address)
        while true {
            switch assembly.work(for: number) {
            case .done: return
            case .wait: try await Task.sleep(for: Self.idlePause)
            case .fetch(let chunk, let bytes):
                let part = try await fetch(bytes, of: assembly.digest, at: holder, over: connection)
                guard let offset = try assembly.finish(chunk, part) else { continue }
                note(fetched: Int64(part.count))
                report(
                    .transferred(
                        Transfer(.pull, subject: holder.name, blob: assembly.digest), byteCount: offset,
                        total: assembly.size))
            }
        }
    }

    private func fetch(
        _ bytes: Range<Int64>, of digest: BlobDigest, at holder: Holder, over connection: PeerConnection
    ) async throws -> [UInt8] {
        var head = HTTPRequest.peer(.get, PeerPath.blob(digest))
        head.headerFields[.range] = "bytes=\(bytes.lowerBound)-\(bytes.upperBound - 1)"
        let (answer, body) = try await connection.exchange(head)
        defer { body.abandon() }
        guard answer.status == .partialContent else {
            beliefs.note(HeldName(blob: digest), wasAt: holder.name, false)
            throw NodeTrouble("\(holder.name) answered \(answer.status.code) for \(digest)")
        }
        let part = try await body.bytes(atMost: bytes.count)
        guard part.count == bytes.count else {
            throw NodeTrouble("\(holder.name) gave \(part.count) bytes in place of \(bytes.count)")
        }
        return part
    }
}

/// The parts that came, put together in their order.
private final class Assembly: Sendable {
    /// No holder's fault.
    struct Unwritable: Error {
        let reason: any Error
    }

    private struct State {
        var plan: ChunkPlan
        var waiting: [Int: [UInt8]] = [:]
    }

    let digest: BlobDigest
    let size: Int64
    private let partial: PeerPartial
    private let clock = ContinuousClock()
    private let begun = ContinuousClock.now
    private let state: Mutex<State>

    init(_ partial: PeerPartial, _ digest: BlobDigest, size: Int64) {
        self.partial = partial
        self.digest = digest
        self.size = size
        state = Mutex(State(plan: ChunkPlan(from: partial.partial.offset, size: size)))
    }

    private var now: Duration { begun.duration(to: clock.now) }

    var isComplete: Bool { state.withLock { $0.plan.isComplete } }

    func work(for holder: Int) -> ChunkPlan.Work { state.withLock { $0.plan.work(for: holder, now: now) } }

    func fail(_ holder: Int) { state.withLock { $0.plan.fail(holder) } }

    /// Writes what is next in order, under the lock: nobody else writes. How far the blob has grown; nil when the part had
    /// come before.
    func finish(_ chunk: Int, _ bytes: [UInt8]) throws(Unwritable) -> Int64? {
        try state.withLock { state throws(Unwritable) in
            guard state.plan.finish(chunk, now: now) else { return nil }
            state.waiting[chunk] = bytes
            while let next = state.plan.takeHead() {
                do {
                    if let bytes = state.waiting.removeValue(forKey: next) { try partial.partial.append(bytes) }
                } catch { throw Unwritable(reason: error) }
            }
            return partial.partial.offset
        }
    }
}
