// Which of several endpoints is asked first, and whether another one may be asked after a failure.

struct EndpointOrder {
    private let count: Int
    private var first = 0

    /// `count` is at least 1.
    init(count: Int) { self.count = count }

    /// Places to try, each once.
    var places: [Int] { (0..<count).map { (first + $0) % count } }

    /// The endpoint at `place` did not do what it should: later calls begin with the one after it.
    mutating func failed(at place: Int) {
        if place == first { first = (first + 1) % count }
    }

    enum Decision: Equatable {
        case askNext
        case giveUp
    }

    /// A read may be asked again anywhere. A write only when it was certainly not done: the same bytes sent twice could
    /// be done twice.
    static func decide(_ error: EtcdError, isWrite: Bool) -> Decision {
        if isWrite, error.outcome == .unknown { return .giveUp }
        switch error.kind {
        case .unreachable, .noLeader, .timedOut, .lost: return .askNext
        case .refused, .unusable: return .giveUp
        }
    }
}
