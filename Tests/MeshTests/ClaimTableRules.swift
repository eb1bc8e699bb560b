// The rules that a home keeps, whatever happens: a table under watch.
import Membership
import Mesh

/// Two or three orders that want one claim, told to a table; after every step the rules are looked at.
struct WatchedTable {
    enum Move: Hashable, CaseIterable {
        case askX, askY, refreshX, refreshY, makeX, failX, failY, leaveHome, comeHome, pass
    }

    static let limits = ClaimLimits()

    private var table: ClaimTable
    private(set) var now = Duration.seconds(100)
    private var isHome = true
    /// Since when it was the home without a break.
    private var homeSince = Duration.seconds(90)
    /// When holders were heard of last.
    private var holders: [Claimant: Duration] = [:]
    /// When orders ended; late words of them are heard again when they are as good as new.
    private var ended: [Claimant: Duration] = [:]
    private(set) var violation: String?

    private static let key = ClaimNames.key(0)

    init() {
        table = ClaimTable(own: ClaimNames.node(0), at: .zero)
        for second in 90...100 {
            _ = table.step(second == 90 ? .viewed(ClaimNames.homes([0])) : .tick, at: .seconds(second))
        }
    }

    private static func claimant(_ name: String) -> Claimant { Claimant(node: name, number: 1) }
    private static func want(_ name: String) -> ClaimWant { ClaimWant(key: key, build: "of-\(name)") }

    mutating func play(_ move: Move) {
        switch move {
        case .askX: ask("x")
        case .askY: ask("y")
        case .refreshX: refresh("x")
        case .refreshY: refresh("y")
        case .makeX: release("x", isMade: true)
        case .failX: release("x", isMade: false)
        case .failY: release("y", isMade: false)
        case .leaveHome: view(isHome: false)
        case .comeHome: view(isHome: true)
        case .pass: pass(.seconds(2))
        }
        require(Set(table.holders(of: Self.key)) == Set(holders.keys), "it takes others for holders than there are")
    }

    private mutating func ask(_ name: String) {
        let told = step(.asked(Self.claimant(name), Self.want(name))).filter { $0.0 == Self.claimant(name) }
        require(told.count == 1, "\(name) asked, and was told \(told.map(\.1))")
    }

    private mutating func refresh(_ name: String) {
        _ = step(.refreshed(Self.claimant(name), Self.want(name)))
        if ended[Self.claimant(name)] == nil { holders[Self.claimant(name)] = now }
    }

    private mutating func release(_ name: String, isMade: Bool) {
        ended[Self.claimant(name)] = now
        holders[Self.claimant(name)] = nil
        _ = step(.released(Self.claimant(name), Self.key, isMade: isMade))
    }

    private mutating func view(isHome: Bool) {
        if isHome, !self.isHome { homeSince = now }
        self.isHome = isHome
        _ = step(.viewed(ClaimNames.homes([isHome ? 0 : 1])))
    }

    mutating func pass(_ duration: Duration) {
        now += duration
        _ = step(.tick)
    }

    private mutating func step(_ event: ClaimTable.Event) -> [(Claimant, ClaimAnswer)] {
        holders = holders.filter { now - $0.value < Self.limits.deadAfter }
        ended = ended.filter { now - $0.value < Self.limits.deadAfter }
        let effects = table.step(event, at: now).map {
            guard case .tell(let claimant, _, let answer) = $0 else { return (Self.claimant("?"), ClaimAnswer.full) }
            return (claimant, answer)
        }
        for (claimant, answer) in effects where answer == .granted { note(grantTo: claimant) }
        return effects
    }

    private mutating func note(grantTo claimant: Claimant) {
        if holders[claimant] == nil {
            require(holders.isEmpty, "\(claimant) is granted what \(holders.keys.sorted()) hold")
            require(isHome, "\(claimant) is granted by no home")
            require(now - homeSince >= Self.limits.settleTime, "\(claimant) is granted by a home that is new")
        }
        require(ended[claimant] == nil, "\(claimant) is granted after its end")
        holders[claimant] = now
    }

    private mutating func require(_ isTrue: Bool, _ rule: String) {
        if !isTrue, violation == nil { violation = rule }
    }

    /// One more who asks and asks gets it in the end, and then nothing is left.
    mutating func end() {
        if !isHome { view(isHome: true) }
        let last = Self.claimant("z")
        var answers: [ClaimAnswer] = []
        for _ in 0..<5 where !answers.contains(.granted) && !answers.contains(.made(at: "x")) {
            answers += step(.asked(last, Self.want("z"))).filter { $0.0 == last }.map(\.1)
            now += .seconds(2)
            answers += step(.tick).filter { $0.0 == last }.map(\.1)
        }
        require(answers.contains(.granted) || answers.contains(.made(at: "x")), "z waits for ever: \(answers)")
        for _ in 0..<4 { pass(.seconds(2)) }
        require(table.claimCount == 0, "\(table.claimCount) claims are left")
    }
}
