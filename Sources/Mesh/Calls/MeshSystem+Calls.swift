// Calls out of this process, and calls into it.
package import Distributed
import Synchronization

extension MeshSystem {
    package func remoteCall<Act: DistributedActor, Failure: Error, Value: Message>(
        on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Failure.Type,
        returning: Value.Type
    ) async throws -> Value where Act.ID == MeshAddress {
        let bytes = try await call(actor.id, target, invocation.arguments)
        do throws(MessageError) {
            return try Value(encoded: bytes)
        } catch {
            throw CallError.unreadable(peer: actor.id.node, reason: "the answer: \(error)")
        }
    }

    package func remoteCallVoid<Act: DistributedActor, Failure: Error>(
        on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Failure.Type
    ) async throws where Act.ID == MeshAddress {
        _ = try await call(actor.id, target, invocation.arguments)
    }

    private func call(_ address: MeshAddress, _ symbol: RemoteCallTarget, _ arguments: [[UInt8]]) async throws
        -> [UInt8]
    {
        guard let target = table.target(symbol: symbol.identifier) else {
            throw CallError.unlisted(target: symbol.identifier)
        }
        guard address.actor.utf8.count <= WireName.buildBytesMax else {
            throw CallError.refused(
                peer: address.node, reason: "no actor has a name of \(address.actor.utf8.count) bytes")
        }
        let byteCount = arguments.reduce(0) { $0 + $1.count }
        guard byteCount <= MessageLimits.payloadBytesMax else {
            let reason = MessageError.Reason.tooLong(count: byteCount, max: MessageLimits.payloadBytesMax)
            throw CallError.unreadable(peer: address.node, reason: "\(target.name) \(reason)")
        }
        let session = try session(to: address.node)
        let timeout = timeout(of: target)
        guard timeout > .zero else { throw CallError.late(peer: address.node, target: target.name) }
        return try await session.call(target, actor: address.actor, arguments: arguments, timeout: timeout)
    }

    /// A call that runs for another has no more time than that one.
    private func timeout(of target: CallTarget) -> Duration {
        let own = CallTimeout.current ?? target.timeout
        guard let incoming = IncomingCall.current else { return own }
        return min(own, incoming.deadline - clock.now())
    }

    /// The link on which the caller called, when the call goes back to it. Otherwise the newest one to a node of that
    /// name: clients are only called back.
    private func session(to node: String) throws -> LinkSession {
        if let session = IncomingCall.current?.session, session.peer.name == node { return session }
        let session = state.withLock { state in
            state.sessions.last { $0.peer.name == node && $0.peer.role == .node && $0.ended == nil }
        }
        guard let session else { throw LinkLost(peer: node, reason: "there is none") }
        return session
    }

    /// Runs a listed function of an actor that has it; the encoded result.
    func execute(_ target: CallTarget, on actor: any DistributedActor, _ arguments: [[UInt8]]) async throws -> [UInt8] {
        let answer = CallAnswer()
        var decoder = CallDecoder(arguments)
        try await execute(target.symbol, on: actor, &decoder, answer)
        return try answer.bytes()
    }

    private func execute<Act: DistributedActor>(
        _ symbol: String, on actor: Act, _ decoder: inout CallDecoder, _ answer: CallAnswer
    ) async throws {
        try await executeDistributedTarget(
            on: actor, target: RemoteCallTarget(symbol), invocationDecoder: &decoder, handler: answer)
    }
}
