// A node's part in claims: the home of some digests, and the one who asks before its stages run.
package import Digests
package import Membership
package import Stages
import Synchronization

/// Never needed for safety: whatever is silent here, stages are built.
package final class ClaimKeeper: Sendable {
    /// The homes of a view of the mesh; views differ by their numbers.
    package struct View: Sendable {
        package let number: UInt64
        package let homes: Homes

        package init(number: UInt64, homes: Homes) {
            self.number = number
            self.homes = homes
        }
    }

    package struct World: Sendable {
        package let view: @Sendable () -> View
        /// The desk of another node, by its name.
        package let desk: @Sendable (String) async throws -> NodeDesk
        package let clock: MeshClock

        package init(
            view: @escaping @Sendable () -> View, desk: @escaping @Sendable (String) async throws -> NodeDesk,
            clock: MeshClock
        ) {
            self.view = view
            self.desk = desk
            self.clock = clock
        }
    }

    /// What became of orders of this node that wanted to be alone, and what its home did.
    package struct Counts: Hashable, Sendable {
        /// Built with the word of a home.
        package internal(set) var granted = 0
        /// Built without one: it was silent, or took no more.
        package internal(set) var unclaimed = 0
        /// Orders that waited for another's.
        package internal(set) var waited = 0
        /// Not built, as another had built it.
        package internal(set) var reused = 0
        package internal(set) var home = ClaimTableCounts()
    }

    /// Between two looks at what is due.
    static let tickInterval = Duration.milliseconds(250)
    /// Until a home has answered what it needs not wait for.
    static let answerTimeMax = Duration.seconds(2)

    let own: NodeName
    let world: World
    let state: Mutex<ClaimKeeperState>
    let wakes: AsyncStream<Void>
    let waker: AsyncStream<Void>.Continuation

    /// - Parameter firstNumber: greater than the number of every order of an earlier run: Unix milliseconds are.
    package init(own: NodeName, firstNumber: UInt64, limits: ClaimLimits = ClaimLimits(), world: World) {
        self.own = own
        self.world = world
        state = Mutex(
            ClaimKeeperState(
                table: ClaimTable(own: own, limits: limits, at: world.clock.now()),
                held: HeldClaims(deadAfter: limits.deadAfter), lastNumber: firstNumber))
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.home = state.table.counts
            return counts
        }
    }

    /// Claims, wishes and words under way: nothing, when nothing runs.
    package var openCount: Int {
        state.withLock { $0.table.claimCount + $0.polls.count + ($0.held.isEmpty ? 0 : 1) }
    }

    // MARK: Orders of this node

    /// The result of `build`, or that of another who builds the same now, when `take` can use it.
    ///
    /// - Parameters:
    ///   - waits: called once, when it can't begin at once: because of a node, or of a home that is new.
    ///   - take: the result that a node has; nil when it has none, or it does not fit.
    ///   - build: `isMade`: this node remembers the result. It is not begun after a cancellation.
    package func once<Value: Sendable>(
        _ want: ClaimWant, waits: (String?) -> Void = { _ in }, take: (String) async throws -> Value?,
        build: () async -> (value: Value, isMade: Bool)
    ) async throws -> Value {
        var order = ClaimOrder(number: state.withLock { $0.newNumber() }, want: want, at: world.clock.now())
        defer { end(order) }
        var action = order.wait.step(.begin, at: world.clock.now())
        while true {
            try Task.checkCancellation()
            let event: ClaimWait.Event
            switch action {
            case .ask(let time):
                event = try await ask(&order, time)
                if let holder = order.noteWaiting(event) { waits(holder) }
            case .pause(let time):
                try await world.clock.sleep(time)
                event = .waited
            case .take(let node):
                if let value = try await take(node) {
                    note(order, \.reused)
                    order.isMade = true
                    return value
                }
                event = .missed
            case .build(let isGranted):
                begin(&order, isGranted: isGranted)
                let (value, isMade) = await build()
                order.isMade = isMade
                return value
            }
            action = order.wait.step(event, at: world.clock.now())
        }
    }

    /// What another node remembers of a step; nil also when it doesn't answer. The statement is not looked at.
    package func remembered(
        _ digest: StageDigest, of buildClass: String, at node: String
    ) async -> StatedStep? {
        try? await CallTimeout.$current.withValue(Self.answerTimeMax) {
            try await world.desk(node).remembered(StepQuery(steps: [digest], buildClass: buildClass)).steps[digest]
        }
    }

    private func ask(_ order: inout ClaimOrder, _ time: Duration) async throws -> ClaimWait.Event {
        order.want.refusesResults = order.wait.refusesResults
        look()
        guard let home = state.withLock({ $0.homes.home(of: order.want.key.homeBytes) }) else {
            return .unanswered(isFinal: true)
        }
        order.isOpen = true
        do {
            let query = ClaimQuery(number: order.number, wants: [order.want], wait: time)
            let answers = try await ask(home, query)
            guard let answer = answers.answers.first else { return .unanswered(isFinal: false) }
            note(answer, &order)
            return .answered(answer)
        } catch {
            try Task.checkCancellation()
            if case CallError.refused = error { return .unanswered(isFinal: true) }
            if let error = error as? any UnreachedNode, error.isAbsent { return .absent }
            return .unanswered(isFinal: false)
        }
    }

    private func ask(_ home: NodeName, _ query: ClaimQuery) async throws -> ClaimAnswers {
        guard home != own else { return await claim(query, from: own.text) }
        return try await CallTimeout.$current.withValue(query.wait + Self.answerTimeMax) {
            try await world.desk(home.text).claim(query)
        }
    }

    private func note(_ answer: ClaimAnswer, _ order: inout ClaimOrder) {
        switch answer {
        case .granted where !order.isHeld:
            order.isHeld = true
            let claim = HeldClaim(number: order.number, want: order.want)
            change { $0.hold(.began(claim, isKnown: true)) }
        case .made, .notHome, .full: order.isOpen = false
        case .granted, .held, .settling: break
        }
    }

    private func begin(_ order: inout ClaimOrder, isGranted: Bool) {
        note(order, isGranted ? \.granted : \.unclaimed)
        guard !order.isHeld else { return }
        // Nobody granted it: its home is told, so that others wait.
        order.isHeld = true
        let claim = HeldClaim(number: order.number, want: order.want)
        change { $0.hold(.began(claim, isKnown: false)) }
    }

    private func note(_ order: ClaimOrder, _ count: any WritableKeyPath<Counts, Int> & Sendable) {
        state.withLock { state in
            state.counts[keyPath: count] += 1
            if order.wait.hasWaited { state.counts.waited += 1 }
        }
    }

    private func end(_ order: ClaimOrder) {
        guard order.isHeld || order.isOpen else { return }
        let release = ClaimRelease(
            number: order.number, key: order.want.key, isMade: order.isHeld && order.isMade)
        change { $0.hold(.ended(release)) }
    }

    /// Changes the state; what is to be sent by that goes soon.
    func change(_ body: (inout ClaimKeeperState) -> Void) {
        state.withLock { state in
            state.now = max(state.now, world.clock.now())
            body(&state)
        }
        waker.yield()
    }
}
