// What one source gives of a blob: part after part, each checked before it is written.
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
    /// Before a source without work is looked at again.
    private static let idlePause = Duration.milliseconds(20)

    /// Takes parts from one source until there are none to take, or it fails.
    func giveAll(
        _ source: Int, _ holder: Holder, _ fetch: PartsFetch, _ report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws {
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
    }

    /// No holder's fault.
    private struct Unwritable: Error {
        let reason: any Error
    }

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
