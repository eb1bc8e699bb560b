// What a keeper of claims knows: its machines, the questions that wait at it, and what is to be sent.
import Membership

struct ClaimKeeperState: Sendable {
    /// A question that its home keeps until there is an answer.
    struct Poll: Sendable {
        let number: UInt64
        var answers: [ClaimKey: ClaimAnswer] = [:]
        /// Its time is over, or its caller is gone.
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    var table: ClaimTable
    var held: HeldClaims
    var lastNumber: UInt64
    var homes = Homes.none
    var viewNumber: UInt64?
    var counts = ClaimKeeper.Counts()
    var polls: [Claimant: Poll] = [:]
    var lastPoll: UInt64 = 0
    var outbox: [HeldClaims.Effect] = []
    var now = Duration.zero

    init(table: ClaimTable, held: HeldClaims, lastNumber: UInt64) {
        self.table = table
        self.held = held
        self.lastNumber = lastNumber
    }

    mutating func newNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    mutating func hold(_ event: HeldClaims.Event) { outbox += held.step(event, at: now) }

    /// Those to wake.
    mutating func tell(_ event: ClaimTable.Event) -> [CheckedContinuation<Void, Never>] {
        var woken: [CheckedContinuation<Void, Never>] = []
        for effect in table.step(event, at: now) {
            guard case .tell(let claimant, let key, let answer) = effect, answer.isFinal else { continue }
            polls[claimant]?.answers[key] = answer
            if let waiter = polls[claimant]?.waiter.take() { woken.append(waiter) }
        }
        return woken
    }

    // MARK: Polls

    /// Asks for all; the poll waits for answers from now on. One that the claimant has already is over.
    mutating func ask(_ query: ClaimQuery, _ claimant: Claimant) -> (number: UInt64, [CheckedContinuation<Void, Never>])
    {
        lastPoll += 1
        var woken = [polls[claimant]?.waiter.take()].compactMap(\.self)
        polls[claimant] = Poll(number: lastPoll)
        for want in query.wants { woken += tell(.asked(claimant, want)) }
        return (lastPoll, woken)
    }

    /// Whether there is something to say to the poll, or nothing to wait for.
    func isDecided(_ claimant: Claimant, _ number: UInt64) -> Bool {
        guard let poll = polls[claimant], poll.number == number else { return true }
        return poll.isOver || !poll.answers.isEmpty
    }

    mutating func takeAnswers(_ query: ClaimQuery, _ claimant: Claimant, _ number: UInt64) -> ClaimAnswers {
        var answers: [ClaimKey: ClaimAnswer] = [:]
        if let poll = polls[claimant], poll.number == number {
            answers = poll.answers
            polls[claimant] = nil
        }
        return ClaimAnswers(answers: query.wants.map { answers[$0.key] ?? table.answer(of: $0.key) })
    }
}

/// One order while it is on its way.
struct ClaimOrder: Sendable {
    let number: UInt64
    var want: ClaimWant
    var wait: ClaimWait
    /// Homes may have it in their books.
    var isOpen = false
    var isHeld = false
    var isMade = false
    private var isWaiting = false

    init(number: UInt64, want: ClaimWant, at now: Duration) {
        self.number = number
        self.want = want
        wait = ClaimWait(at: now)
    }

    /// Not nil the first time that it has to wait: for a node, if one is known.
    mutating func noteWaiting(_ event: ClaimWait.Event) -> String?? {
        guard case .answered(let answer) = event, !answer.isFinal, !isWaiting else { return nil }
        isWaiting = true
        return if case .held(let node, _) = answer { .some(node) } else { .some(nil) }
    }
}
