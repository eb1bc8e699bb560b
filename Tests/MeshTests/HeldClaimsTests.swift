// What a node says of the claims that it holds, and when.
import Membership
import Mesh
import Testing

@Suite struct `Claims that a node holds` {
    private struct Told {
        var held = HeldClaims()

        init(_ homes: [Int] = [0]) { _ = held.step(.viewed(ClaimNames.homes(homes)), at: .zero) }

        mutating func step(_ event: HeldClaims.Event, _ seconds: Double) -> [String] {
            held.step(event, at: .seconds(seconds)).map {
                switch $0 {
                case .refresh(let home, let claims): "\(home) refresh \(claims.map(\.number))"
                case .release(let home, let releases):
                    "\(home) release \(releases.map { "\($0.number)\($0.isMade ? " made" : "")" })"
                }
            }
        }

        static func claim(_ number: UInt64) -> HeldClaim {
            HeldClaim(number: number, want: ClaimWant(key: ClaimNames.key(Int(number)), build: "b"))
        }

        static func release(_ number: UInt64, isMade: Bool = true) -> ClaimRelease {
            ClaimRelease(number: number, key: ClaimNames.key(Int(number)), isMade: isMade)
        }
    }

    @Test func `are refreshed every two seconds, all of a home at once`() {
        var told = Told()
        #expect(told.step(.began(Told.claim(1), isKnown: true), 0) == [])
        #expect(told.step(.tick, 1.9) == [])
        #expect(told.step(.began(Told.claim(2), isKnown: true), 1.9) == [])
        #expect(told.step(.tick, 2) == ["n0 refresh [1, 2]"])
        #expect(told.step(.tick, 3.9) == [])
        #expect(told.step(.tick, 4) == ["n0 refresh [1, 2]"])
    }

    @Test func `that nobody granted are told to the home at once`() {
        var told = Told()
        #expect(told.step(.began(Told.claim(1), isKnown: false), 0) == ["n0 refresh [1]"])
        #expect(told.step(.tick, 0.2) == [])
    }

    @Test func `are told to a new home at once`() {
        var told = Told([0])
        _ = told.step(.began(Told.claim(1), isKnown: true), 0)
        #expect(told.step(.viewed(ClaimNames.homes([1])), 0.5) == ["n1 refresh [1]"])
    }

    @Test func `are refreshed soon when the home did not hear it`() {
        var told = Told()
        _ = told.step(.began(Told.claim(1), isKnown: false), 0)
        #expect(told.step(.unheard(home: ClaimNames.node(0)), 1) == [])
        #expect(told.step(.tick, 1.2) == ["n0 refresh [1]"])
    }

    @Test func `are released once when it is heard, and for as long as it matters when not`() {
        var told = Told()
        _ = told.step(.began(Told.claim(1), isKnown: true), 0)
        #expect(told.step(.ended(Told.release(1)), 1) == [#"n0 release ["1 made"]"#])
        #expect(told.step(.tick, 1.5) == [])
        #expect(told.step(.tick, 2) == [#"n0 release ["1 made"]"#])
        #expect(told.step(.released(home: ClaimNames.node(0), [Told.release(1)]), 2.1) == [])
        #expect(told.step(.tick, 4) == [])
        #expect(told.held.isEmpty)

        _ = told.step(.ended(Told.release(2, isMade: false)), 5)
        #expect(told.step(.tick, 10.9) == [#"n0 release ["2"]"#])
        #expect(told.step(.tick, 11) == [])
        #expect(told.held.isEmpty)
    }

    @Test func `are told in batches that are bounded`() {
        var told = Told()
        for number in 1...2_500 { _ = told.held.step(.began(Told.claim(UInt64(number)), isKnown: true), at: .zero) }
        let effects = told.held.step(.tick, at: .seconds(2))
        #expect(effects.count == 3)
    }

    @Test func `of a mesh without homes are kept quietly`() {
        var told = Told([])
        #expect(told.step(.began(Told.claim(1), isKnown: false), 0) == [])
        #expect(told.step(.ended(Told.release(1)), 1) == [])
        #expect(told.held.isEmpty)
    }
}
