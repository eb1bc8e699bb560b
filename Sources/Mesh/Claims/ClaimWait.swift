// One order on its way to its claim, or to another's result: what to do after each answer. It always comes to an end.

/// Never waits for a home that is silent for long: then the stage is built without a claim.
package struct ClaimWait: Sendable {
    package enum Event: Hashable, Sendable {
        case begin
        case answered(ClaimAnswer)
        /// The home could not be reached, or said nothing. `isFinal`: it never will, as it knows no claims.
        case unanswered(isFinal: Bool)
        /// Nobody listens where the home was: it was killed, and membership does not know yet.
        case absent
        case waited
        /// The result of `take` is not there, or does not fit. When it does, this is over.
        case missed
    }

    package enum Action: Hashable, Sendable {
        /// Ask the home; it may take so long to answer.
        case ask(wait: Duration)
        case pause(Duration)
        /// Get the result that a node may have.
        case take(from: String)
        /// Build it; `isGranted`: a home said so.
        case build(isGranted: Bool)
    }

    /// How long a home may keep a question that it can't answer yet.
    package static let waitMax = Duration.seconds(3)
    /// Between two tries to ask.
    package static let pause = Duration.milliseconds(300)
    /// A home that says nothing for so long is not waited for,
    package static let quietMax = Duration.seconds(3)
    /// or for so long, when it is known that somebody builds the stage.
    package static let quietWhileHeldMax = Duration.seconds(10)
    /// One that is no longer there is waited for until it was looked for so often: it may have begun anew.
    package static let absencesMax = 2
    /// A home that is new again and again is not waited for.
    package static let settlingMax = Duration.seconds(15)
    /// Results that did not fit; then it is built without a claim.
    package static let misfitsMax = 3

    private enum Next: Sendable {
        case ask
        case build(isGranted: Bool)
    }

    private var heardAt: Duration
    private var settlingSince: Duration?
    /// Who was said to build it, and was not asked for the result since.
    private var holder: String?
    private var misfits = 0
    private var absences = 0
    /// After a result that is not there or does not fit.
    private var next = Next.ask

    /// Whether results that a home knows of are of no use.
    package private(set) var refusesResults = false
    /// Whether it waited for another's.
    package private(set) var hasWaited = false

    package init(at now: Duration) { heardAt = now }

    package mutating func step(_ event: Event, at now: Duration) -> Action {
        switch event {
        case .begin: return .ask(wait: .zero)
        case .waited: return .ask(wait: isPatient ? Self.waitMax : .zero)
        case .answered(let answer): return hear(answer, at: now)
        case .unanswered(isFinal: true): return build(isGranted: false)
        case .unanswered(isFinal: false): return quiet(at: now)
        case .absent: return miss(home: now)
        case .missed: return miss()
        }
    }

    private var isPatient: Bool { holder != nil || settlingSince != nil }

    private mutating func hear(_ answer: ClaimAnswer, at now: Duration) -> Action {
        if answer != .settling { settlingSince = nil }
        absences = 0
        switch answer {
        case .notHome: return quiet(at: now)
        case .full: return build(isGranted: false)
        case .granted: return build(isGranted: true)
        case .held(let node, _):
            (heardAt, holder, hasWaited) = (now, node, true)
            return .ask(wait: Self.waitMax)
        case .settling:
            heardAt = now
            let since = settlingSince ?? now
            settlingSince = since
            return now - since < Self.settlingMax ? .ask(wait: Self.waitMax) : build(isGranted: false)
        case .made(let node):
            heardAt = now
            (holder, next) = (nil, .ask)
            return .take(from: node)
        }
    }

    private mutating func quiet(at now: Duration) -> Action {
        let max = holder == nil ? Self.quietMax : Self.quietWhileHeldMax
        return now - heardAt < max ? .pause(Self.pause) : build(isGranted: false)
    }

    /// Who builds it, if anybody does, tells the next home: membership finds that within seconds.
    private mutating func miss(home now: Duration) -> Action {
        absences += 1
        return holder == nil && absences >= Self.absencesMax ? build(isGranted: false) : quiet(at: now)
    }

    /// Whoever was building it may have come to an end, and only its home doesn't know.
    private mutating func build(isGranted: Bool) -> Action {
        guard let node = holder else { return .build(isGranted: isGranted) }
        (holder, next) = (nil, .build(isGranted: isGranted))
        return .take(from: node)
    }

    private mutating func miss() -> Action {
        if case .build(let isGranted) = next { return .build(isGranted: isGranted) }
        (misfits, refusesResults) = (misfits + 1, true)
        return misfits < Self.misfitsMax ? .ask(wait: .zero) : .build(isGranted: false)
    }
}
