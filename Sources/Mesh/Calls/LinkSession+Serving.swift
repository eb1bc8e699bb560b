// Calls of the peer: checked against the table of targets, run within their time, answered once.
import Distributed
import Synchronization

extension LinkSession {
    /// A call that may not run is answered at once; one that may becomes a child of `group`.
    func start(
        _ request: CallRequest, for system: MeshSystem, in group: inout DiscardingTaskGroup
    ) throws(MessageError) {
        counts.add(\.calls)
        if let failure = refusal(of: request, system) { return post(.failure(failure)) }
        guard let target = system.table.target(named: request.target),
            let actor = system.actor(named: request.actor)
        else { return }
        guard let call = try admit(request) else {
            counts.add(\.busy)
            return post(.failure(CallFailure(id: request.id, .busy, "")))
        }
        group.addTask { [self] in await run(request, target, on: actor, call.stopper, system) }
    }

    /// Nil when the peer has as much running as it may.
    private func admit(_ request: CallRequest) throws(MessageError) -> RunningCall? {
        let byteCount = request.arguments.reduce(0) { $0 + $1.count }
        let (call, isNew) = state.withLock { state -> (RunningCall?, Bool) in
            guard state.running[request.id] == nil else { return (nil, false) }
            let runningBytes = state.running.values.reduce(byteCount) { $0 + $1.byteCount }
            guard state.running.count < limits.incomingCallsMax, runningBytes <= limits.incomingBytesMax else {
                return (nil, true)
            }
            let call = RunningCall(byteCount: byteCount)
            state.running[request.id] = call
            return (call, true)
        }
        guard isNew else { throw MessageError("call.id", .repeated) }
        return call
    }

    private func refusal(of request: CallRequest, _ system: MeshSystem) -> CallFailure? {
        guard let target = system.table.target(named: request.target) else {
            counts.add(\.unknownTargets)
            return CallFailure(id: request.id, .refused, "\(system.name) has no call \(request.target)")
        }
        guard target.callers.contains(peer.role) else {
            counts.add(\.refusedCallers)
            return CallFailure(id: request.id, .refused, "a \(peer.role.rawValue) may not call \(target.name)")
        }
        guard let actor = system.actor(named: request.actor), target.isFunction(actor) else {
            counts.add(\.unknownActors)
            return CallFailure(
                id: request.id, .refused, "\(system.name) has nobody named \(request.actor) for \(target.name)")
        }
        return nil
    }

    /// Runs a call until its end, its deadline, or its caller's cancellation, and answers it.
    private func run(
        _ request: CallRequest, _ target: CallTarget, on actor: any DistributedActor, _ stopper: JobStopper,
        _ system: MeshSystem
    ) async {
        let timeLeft = min(.nanoseconds(request.timeLeft), limits.callTimeMax)
        let incoming = IncomingCall(peer: peer, deadline: clock.now() + timeLeft, session: self)
        let (result, isLate) = await withDiscardingTaskGroup(returning: (Result<[UInt8], any Error>, Bool).self) {
            group in
            group.addTask { [clock] in
                if (try? await clock.sleep(timeLeft)) != nil { stopper.stop() }
            }
            let result = await stopper.run {
                try await IncomingCall.$current.withValue(incoming) {
                    try await system.execute(target, on: actor, request.arguments)
                }
            }
            group.cancelAll()
            return (result, stopper.isStopped)
        }
        let isAwaited = state.withLock { $0.end == nil && $0.running[request.id]?.isGivenUp == false }
        if isAwaited { await outbox.send(answer(to: request, result, isLate: isLate)) }
        // It counts as running as long as its answer is kept here.
        state.withLock { $0.running[request.id] = nil }
    }

    private func answer(to request: CallRequest, _ result: Result<[UInt8], any Error>, isLate: Bool) -> CallFrame {
        let id = request.id
        switch result {
        case .success(let bytes) where bytes.count > MessageLimits.payloadBytesMax:
            return .failure(
                CallFailure(
                    id: id, .unreadable,
                    "\(request.target) answers \(bytes.count) bytes, and at most \(MessageLimits.payloadBytesMax) go"))
        case .success(let bytes): return .reply(CallReply(id: id, result: bytes))
        case .failure(let error as MessageError): return .failure(CallFailure(id: id, .unreadable, "\(error)"))
        case .failure where isLate: return .failure(CallFailure(id: id, .late, ""))
        case .failure(let error): return .failure(CallFailure(id: id, .failed, "\(error)"))
        }
    }
}
