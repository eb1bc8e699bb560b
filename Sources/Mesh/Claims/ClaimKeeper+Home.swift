// The home's side of a keeper, and what it does all the time: refresh, release, let go of the silent.
import Membership
import Synchronization

extension ClaimKeeper {
    // MARK: Calls of nodes

    /// Answers as soon as one of the wishes is decided, or when the question had its time.
    package func claim(_ query: ClaimQuery, from node: String) async -> ClaimAnswers {
        let claimant = Claimant(node: node, number: query.number)
        look()
        let (number, woken) = state.withLock { state in
            state.now = max(state.now, world.clock.now())
            return state.ask(query, claimant)
        }
        for waiter in woken { waiter.resume() }
        let time = min(query.wait, ClaimWait.waitMax)
        if time > .zero { await wait(claimant, number, time) }
        return state.withLock { $0.takeAnswers(query, claimant, number) }
    }

    private func wait(_ claimant: Claimant, _ number: UInt64, _ time: Duration) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                try? await self.world.clock.sleep(time)
                self.wake(claimant, number)
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiter in
                    let mustWait = state.withLock { state in
                        guard !state.isDecided(claimant, number), !Task.isCancelled else { return false }
                        state.polls[claimant]?.waiter = waiter
                        return true
                    }
                    if !mustWait { waiter.resume() }
                }
            } onCancel: {
                wake(claimant, number)
            }
            group.cancelAll()
        }
    }

    private func wake(_ claimant: Claimant, _ number: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.polls[claimant]?.number == number else { return nil }
            state.polls[claimant]?.isOver = true
            return state.polls[claimant]?.waiter.take()
        }
        waiter?.resume()
    }

    package func refresh(_ claims: ClaimRefresh, from node: String) {
        tell(claims.claims.map { .refreshed(Claimant(node: node, number: $0.number), $0.want) })
    }

    package func release(_ releases: ClaimReleases, from node: String) {
        tell(
            releases.releases.map {
                .released(Claimant(node: node, number: $0.number), $0.key, isMade: $0.isMade)
            })
    }

    private func tell(_ events: [ClaimTable.Event]) {
        let woken = state.withLock { state in
            state.now = max(state.now, world.clock.now())
            return events.flatMap { state.tell($0) }
        }
        for waiter in woken { waiter.resume() }
    }

    /// Takes notice of a new view of the mesh.
    func look() {
        let view = world.view()
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.viewNumber != view.number else { return [] }
            state.now = max(state.now, world.clock.now())
            (state.viewNumber, state.homes) = (view.number, view.homes)
            state.hold(.viewed(view.homes))
            return state.tell(.viewed(view.homes))
        }
        for waiter in woken { waiter.resume() }
    }

    // MARK: All the time

    /// Runs until the task is cancelled; once. Without it claims are granted, and die.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [world, waker] in
                while (try? await world.clock.sleep(Self.tickInterval)) != nil { waker.yield() }
            }
            for await _ in wakes {
                for effect in due() { group.addTask { await self.send(effect) } }
            }
            group.cancelAll()
        }
    }

    private func due() -> [HeldClaims.Effect] {
        look()
        tell([.tick])
        return state.withLock { state in
            state.hold(.tick)
            defer { state.outbox = [] }
            return state.outbox
        }
    }

    private func send(_ effect: HeldClaims.Effect) async {
        switch effect {
        case .refresh(let home, let claims):
            do {
                try await send(ClaimRefresh(claims: claims), to: home)
            } catch {
                state.withLock { $0.hold(.unheard(home: home)) }
            }
        case .release(let home, let releases):
            // Not heard: said again a little later.
            guard (try? await send(ClaimReleases(releases: releases), to: home)) != nil else { return }
            state.withLock { $0.hold(.released(home: home, releases)) }
        }
    }

    private func send(_ claims: ClaimRefresh, to home: NodeName) async throws {
        guard home != own else { return refresh(claims, from: own.text) }
        try await CallTimeout.$current.withValue(Self.answerTimeMax) {
            try await world.desk(home.text).refreshClaims(claims)
        }
    }

    private func send(_ releases: ClaimReleases, to home: NodeName) async throws {
        guard home != own else { return release(releases, from: own.text) }
        try await CallTimeout.$current.withValue(Self.answerTimeMax) {
            try await world.desk(home.text).releaseClaims(releases)
        }
    }
}
