// A link from its first frame to its last.
import Synchronization

extension MeshSystem {
    /// Runs a link until it ends, and closes it. Returns when nothing runs for it any more.
    ///
    /// - Parameter isReady: called when the two have said hello, with the peer's version of weft; from then on calls go
    ///   over the link.
    package func serve(
        _ link: any PeerLink, isReady: @Sendable (_ program: String) -> Void = { _ in }
    ) async -> LinkEnd {
        await withTaskCancellationHandler {
            defer { link.close() }
            let end = await greetAndRun(link, isReady)
            return Task.isCancelled ? .left("it was cancelled") : end
        } onCancel: {
            link.close()
        }
    }

    private func greetAndRun(_ link: any PeerLink, _ isReady: @Sendable (String) -> Void) async -> LinkEnd {
        do throws(Unfit) {
            let hello = try await greet(link)
            let session = LinkSession(link, limits: limits, clock: clock, counts: counts)
            state.withLock { $0.sessions.append(session) }
            defer { state.withLock { $0.sessions.removeAll { $0 === session } } }
            isReady(hello.program)
            return await run(session)
        } catch {
            counts.add(\.unfitLinks)
            return error.end
        }
    }

    private func run(_ session: LinkSession) async -> LinkEnd {
        // Cancelled at the end of this function.
        async let _: Void = session.watch()
        async let written: Void = session.write()
        await withDiscardingTaskGroup { group in
            await session.read(for: self, in: &group)
            group.cancelAll()
        }
        await written
        return session.ended ?? .closed
    }

    // MARK: Hello

    private struct Unfit: Error {
        let end: LinkEnd
    }

    /// Both sides speak first, and read then.
    private func greet(_ link: any PeerLink) async throws(Unfit) -> Hello {
        let result = await withDiscardingTaskGroup(returning: Result<Hello, Unfit>.self) { [self] group in
            group.addTask { [clock, limits] in
                // A peer that says nothing, or doesn't read: the wait below ends with the link.
                if (try? await clock.sleep(limits.helloTimeout)) != nil { link.close() }
            }
            defer { group.cancelAll() }
            return await exchange(link)
        }
        return try result.get()
    }

    private func exchange(_ link: any PeerLink) async -> Result<Hello, Unfit> {
        do {
            try await link.send(CallFrame.hello(hello).bytes)
            guard let bytes = try await link.next() else { return .failure(Unfit(end: .closed)) }
            let theirs = try hello(in: bytes)
            guard let reason = refusal(of: theirs, link.peer) else { return .success(theirs) }
            try await link.send(CallFrame.goodbye(reason: reason).bytes)
            // The peer does the same, and has read our hello when its goodbye is here.
            _ = try await link.next()
            return .failure(Unfit(end: .unfit(reason)))
        } catch let error as MessageError {
            return .failure(Unfit(end: .unfit("\(link.peer.name) does not speak the mesh's protocol: \(error)")))
        } catch {
            return .failure(Unfit(end: .broken("no hello from \(link.peer.name): \(error)")))
        }
    }

    private func hello(in bytes: [UInt8]) throws(MessageError) -> Hello {
        guard case .hello(let hello) = try CallFrame(bytes) else { throw MessageError("hello", .missing) }
        return hello
    }

    /// Why there is nothing to talk about; nil when there is.
    private func refusal(of theirs: Hello, _ peer: PeerIdentity) -> String? {
        guard theirs.name == peer.name else {
            return "it calls itself \(theirs.name), and its certificate says \(peer.name)"
        }
        guard hello.version(with: theirs) == nil else { return nil }
        return hello.mismatch(with: theirs)
    }
}
