// What a home does with claims, rule by rule.
import Digests
import Membership
import Mesh
import Testing

@Suite struct `A home` {
    /// A table that is the home of everything since long.
    struct Told {
        static let key = ClaimKey(buildClass: "", digest: StageDigest(of: ["a"]))

        var table: ClaimTable
        var now = Duration.seconds(100)

        init(limits: ClaimLimits = ClaimLimits(), isSettled: Bool = true) {
            table = ClaimTable(own: ClaimNames.node(0), limits: limits, at: .zero)
            _ = table.step(.viewed(ClaimNames.homes([0])), at: isSettled ? .seconds(90) : now)
            for second in 91...100 where isSettled { _ = table.step(.tick, at: .seconds(second)) }
        }

        mutating func step(_ event: ClaimTable.Event) -> [String] {
            table.step(event, at: now).map {
                guard case .tell(let claimant, _, let answer) = $0 else { return "" }
                return "\(claimant) \(answer)"
            }
        }

        mutating func ask(
            _ node: String, build: String? = nil, isCopy: Bool = false, refuses: Bool = false, number: UInt64 = 1
        ) -> [String] {
            step(.asked(Claimant(node: node, number: number), Self.want(build ?? "of-\(node)", isCopy, refuses)))
        }

        static func want(_ build: String, _ isCopy: Bool = false, _ refuses: Bool = false) -> ClaimWant {
            ClaimWant(key: key, build: build, isCopy: isCopy, refusesResults: refuses)
        }

        mutating func refresh(_ node: String) -> [String] {
            step(.refreshed(Claimant(node: node, number: 1), Self.want("of-\(node)")))
        }

        mutating func release(_ node: String, isMade: Bool) -> [String] {
            step(.released(Claimant(node: node, number: 1), Self.key, isMade: isMade))
        }

        /// Time passes, tick by tick.
        mutating func pass(_ seconds: Int) -> [String] {
            (0..<seconds).flatMap { _ in
                now += .seconds(1)
                return step(.tick)
            }
        }
    }

    @Test func `gives a claim to one, and tells the others who has it`() {
        var told = Told()
        #expect(told.ask("x") == ["x#1 granted"])
        #expect(told.ask("y") == [#"y#1 held(by: "x", build: "of-x")"#])
        #expect(told.ask("x") == ["x#1 granted"], "asked twice is granted once")
        #expect(told.release("x", isMade: true) == [#"y#1 made(at: "x")"#])
        #expect(told.table.claimCount == 0)
    }

    @Test func `tells all that wait who has the result, and those who come later`() {
        var told = Told()
        #expect(told.ask("x") == ["x#1 granted"])
        for node in ["a", "b", "c"] { #expect(told.ask(node).count == 1) }
        #expect(
            told.release("x", isMade: true) == [#"a#1 made(at: "x")"#, #"b#1 made(at: "x")"#, #"c#1 made(at: "x")"#])
        #expect(told.ask("d") == [#"d#1 made(at: "x")"#])
        #expect(told.ask("e", refuses: true) == ["e#1 granted"])
    }

    @Test func `gives what was released without a result to who waited longest`() {
        var told = Told()
        _ = told.ask("x")
        _ = told.ask("y")
        _ = told.ask("z")
        #expect(told.release("x", isMade: false) == ["y#1 granted"])
        #expect(told.ask("z") == [#"z#1 held(by: "y", build: "of-y")"#])
        #expect(told.release("y", isMade: false) == ["z#1 granted"])
    }

    @Test func `lets a claim die that nobody refreshes, and no other`() {
        var told = Told()
        _ = told.ask("x")
        #expect(told.pass(5) == [])
        _ = told.ask("y")
        #expect(told.refresh("x") == [])
        #expect(told.pass(5) == [])
        _ = told.ask("y")
        #expect(told.pass(1) == ["y#1 granted"])
        #expect(told.table.counts.died == 1)
        #expect(told.pass(6) == [])
        #expect(told.table.claimCount == 0)
    }

    @Test func `forgets those who wait and do not ask again`() {
        var told = Told()
        _ = told.ask("x")
        _ = told.ask("y")
        for _ in 0..<3 {
            #expect(told.pass(2) == [])
            _ = told.refresh("x")
        }
        #expect(told.table.waiterCount == 0)
        #expect(told.release("x", isMade: false) == [])
        #expect(told.table.claimCount == 0)
    }

    @Test func `grants copies and orders of one build beside`() {
        var told = Told()
        _ = told.ask("x")
        #expect(told.ask("y", isCopy: true) == ["y#1 granted"])
        #expect(told.ask("z", build: "of-x") == ["z#1 granted"])
        #expect(told.ask("w") == [#"w#1 held(by: "x", build: "of-x")"#])
        #expect(told.release("x", isMade: false) == [], "copies still run")
        #expect(told.release("y", isMade: true) == [#"w#1 made(at: "y")"#])
        #expect(told.table.holders(of: Told.key).map(\.node) == ["z"])
        #expect(told.table.counts.copies == 2)
    }

    @Test func `that is new grants nothing until holders had time to come forward`() {
        var told = Told(isSettled: false)
        #expect(told.ask("y") == ["y#1 settling"])
        #expect(told.pass(2) == [])
        #expect(told.refresh("x") == [])
        #expect(told.pass(3) == [])
        #expect(told.ask("y") == [#"y#1 held(by: "x", build: "of-x")"#])

        var empty = Told(isSettled: false)
        #expect(empty.ask("y") == ["y#1 settling"])
        #expect(empty.pass(2) == [])
        #expect(empty.pass(1) == ["y#1 granted"])
    }

    @Test func `sends those who wait on to the next home, and is new when it is one again`() {
        var told = Told()
        _ = told.ask("x")
        _ = told.ask("y")
        #expect(told.step(.viewed(ClaimNames.homes([1]))) == ["y#1 notHome"])
        #expect(told.ask("y") == ["y#1 notHome"])
        #expect(told.pass(2) == [])
        #expect(told.step(.viewed(ClaimNames.homes([0]))) == [])
        _ = told.release("x", isMade: false)
        #expect(told.ask("y") == ["y#1 settling"])
        #expect(told.pass(2) == [])
        #expect(told.pass(1) == ["y#1 granted"])
    }

    @Test func `that stood still blames nobody for silence, and is new to all`() {
        var told = Told()
        _ = told.ask("x")
        _ = told.ask("y")
        told.now += .seconds(3_600)
        #expect(told.step(.tick) == [])
        #expect(told.table.holders(of: Told.key).map(\.node) == ["x"])
        _ = told.release("x", isMade: false)
        #expect(told.pass(2) == [])
        #expect(told.ask("y") == ["y#1 settling"])
        #expect(told.pass(1) == ["y#1 granted"])
    }

    @Test func `does not hear of an order after its end`() {
        var told = Told()
        _ = told.ask("x")
        _ = told.release("x", isMade: false)
        #expect(told.refresh("x") == [])
        #expect(told.table.claimCount == 0)
        #expect(told.ask("y") == ["y#1 granted"])
    }

    @Test func `keeps within its bounds`() {
        var limits = ClaimLimits()
        (limits.claimsMax, limits.waitersMax, limits.holdersMax, limits.resultsMax) = (3, 2, 2, 2)
        var told = Told(limits: limits)
        _ = told.ask("x")
        _ = told.ask("y")
        _ = told.ask("z")
        #expect(told.ask("w") == ["w#1 full"])
        #expect(told.ask("c", isCopy: true) == ["c#1 granted"])
        #expect(told.ask("d", isCopy: true) == ["d#1 full"])
        for number in 0..<5 {
            let want = ClaimWant(key: ClaimNames.key(number), build: "b")
            let effects = told.table.step(.asked(Claimant(node: "n", number: 9), want), at: told.now)
            let answer: ClaimAnswer = number < 2 ? .granted : .full
            #expect(effects == [.tell(Claimant(node: "n", number: 9), want.key, answer)])
        }
        #expect(told.table.claimCount == 3)
        #expect(told.table.counts.full == 5)
    }

    @Test func `counts more changes of homes than it can tell apart as none of its time`() {
        var limits = ClaimLimits()
        limits.viewsMax = 3
        var told = Told(limits: limits)
        for _ in 0..<10 { _ = told.step(.viewed(ClaimNames.homes([0]))) }
        #expect(told.ask("x") == ["x#1 settling"])
        #expect(told.pass(3) == ["x#1 granted"])
    }
}
