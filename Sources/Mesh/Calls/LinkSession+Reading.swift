// What the peer says: answers go to those who wait, calls become child tasks, and nonsense ends the link.
import Synchronization

extension LinkSession {
    /// Reads until the link ends. The peer's calls run in `group`.
    func read(for system: MeshSystem, in group: inout DiscardingTaskGroup) async {
        while ended == nil {
            do {
                guard let bytes = try await link.next() else { return end(.closed) }
                state.withLock { $0.heardAt = clock.now() }
                try receive(bytes, for: system, in: &group)
            } catch let error as MessageError {
                counts.add(\.violations)
                end(.violated("\(error)"), farewell: "\(error)")
            } catch {
                end(.broken("\(error)"))
            }
        }
    }

    private func receive(
        _ bytes: [UInt8], for system: MeshSystem, in group: inout DiscardingTaskGroup
    ) throws(MessageError) {
        guard bytes.count <= frameBytesMax else {
            throw MessageError("frame", .tooLong(count: bytes.count, max: frameBytesMax))
        }
        switch try CallFrame(bytes) {
        case .alive: break
        case .goodbye(let reason): end(.goodbye(reason))
        case .cancel(let id): cancel(id)
        case .part(let part): try add(part)
        case .drop:
            guard state.withLock({ $0.parts.take() }) != nil else { throw MessageError("drop", .missing) }
        case .last(let part):
            try add(part)
            let whole = state.withLock { $0.parts.take() } ?? []
            try receive(try CallFrame(whole), for: system, in: &group)
        case let frame: try receive(frame, for: system, in: &group)
        }
    }

    /// What may come in parts.
    private func receive(
        _ frame: CallFrame, for system: MeshSystem, in group: inout DiscardingTaskGroup
    ) throws(MessageError) {
        switch frame {
        case .call(let request): try start(request, for: system, in: &group)
        case .reply(let reply): answered(reply.id, .success(reply.result))
        case .failure(let failure): answered(failure.id, .failure(failure))
        default: throw MessageError("frame", .invalid("is of a kind that has no place here"))
        }
    }

    private func add(_ part: ArraySlice<UInt8>) throws(MessageError) {
        let count = state.withLock { state -> Int in
            let count = (state.parts?.count ?? 0) + part.count
            guard count <= CallFrame.wholeBytesMax else { return count }
            if state.parts == nil { state.parts = [] }
            state.parts?.append(contentsOf: part)
            return count
        }
        guard count <= CallFrame.wholeBytesMax else {
            throw MessageError("parts", .tooLong(count: count, max: CallFrame.wholeBytesMax))
        }
    }

    private func cancel(_ id: UInt64) {
        let stopper = state.withLock { state -> JobStopper? in
            state.running[id]?.isGivenUp = true
            return state.running[id]?.stopper
        }
        stopper?.stop()
    }
}

extension CallFrame {
    /// Bytes of a message that comes in parts, with its kind.
    static let wholeBytesMax = MessageLimits.messageBytesMax + 1
}
