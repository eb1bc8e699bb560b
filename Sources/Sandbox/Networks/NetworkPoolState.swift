// What a pool of networks knows: who waits, what is ready, and what to make next.

/// Only under the pool's lock. Networks that leave it are given to the caller, who lets go of them outside the lock.
struct NetworkPoolState {
    typealias Continuation = CheckedContinuation<PooledNetwork, any Error>

    private var ready: [PooledNetwork] = []
    private var waiting: [(ticket: Int, continuation: Continuation)] = []
    private var given: [Int] = []
    private var tickets = 0
    private var numbers = 0
    private var losses = 0
    /// After a failure nothing is made ahead until somebody asks.
    private var isPaused = false
    private var failure: (any Error)?
    private var lostCount = 0
    private var madeCount = 0

    var counts: NetworkPool.Counts { NetworkPool.Counts(ready: ready.count, made: madeCount, lost: lostCount) }

    /// The oldest that lives, and those before it.
    mutating func takeReady() -> (found: PooledNetwork?, dropped: [PooledNetwork]) {
        isPaused = false
        let index = ready.firstIndex { $0.isAlive }
        let dropped = Array(ready[..<(index ?? ready.endIndex)])
        let found = index.map { ready[$0] }
        ready.removeFirst(dropped.count + (found == nil ? 0 : 1))
        if found != nil { losses = 0 }
        return (found, dropped)
    }

    mutating func nextTicket() -> Int {
        tickets += 1
        return tickets
    }

    /// Why waiting is of no use, if it is.
    mutating func wait(_ ticket: Int, _ continuation: Continuation) -> (any Error)? {
        if let failure { return failure }
        isPaused = false
        waiting.append((ticket, continuation))
        return nil
    }

    mutating func removeWaiting(_ ticket: Int) -> Continuation? {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return waiting.remove(at: index).continuation
    }

    mutating func takeReturned() -> [Int] {
        defer { given = [] }
        return given
    }

    mutating func nextNumber(live: Int, size: Int) -> Int? {
        guard live < NetworkPool.networksMax, !waiting.isEmpty || (!isPaused && ready.count < size) else { return nil }
        numbers += 1
        return numbers
    }

    /// Who gets the network; nobody when it waits ready now.
    mutating func add(_ network: PooledNetwork) -> Continuation? {
        madeCount += 1
        guard waiting.isEmpty else { return waiting.removeFirst().continuation }
        ready.append(network)
        return nil
    }

    mutating func giveBack(_ number: Int) { given.append(number) }

    /// Those who waited.
    mutating func failed() -> [Continuation] {
        isPaused = true
        defer { waiting = [] }
        return waiting.map(\.continuation)
    }

    /// The network, when it was ready and not in use.
    mutating func lose(_ number: Int) -> PooledNetwork? {
        lostCount += 1
        guard let index = ready.firstIndex(where: { $0.number == number }) else { return nil }
        losses += 1
        if losses >= NetworkPool.lossesMax { isPaused = true }
        return ready.remove(at: index)
    }

    mutating func loseAll() -> [PooledNetwork] {
        defer { ready = [] }
        return ready
    }

    mutating func close(_ failure: any Error) -> (waiting: [Continuation], dropped: [PooledNetwork]) {
        self.failure = failure
        defer { (waiting, ready) = ([], []) }
        return (waiting.map(\.continuation), ready)
    }
}
