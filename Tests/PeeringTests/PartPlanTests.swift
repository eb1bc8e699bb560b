// Parts of a blob for several nodes at once: in any order of events all come, and the one who has them sends few twice.
import BlobStore
import Testing

@testable import Peering

/// Nodes that fetch a blob from sources who have it, and from each other, in steps of five milliseconds.
private struct Played {
    /// A node that has the blob. `speed`: milliseconds for a part, shared by all who ask; nil: it never answers.
    struct Whole {
        var speed: Int?
        /// It is gone after so many parts.
        var partsMax = Int.max
        var given = 0
    }

    /// A node that fetches it.
    struct Fetcher {
        var plan: PartPlan
        /// Milliseconds for a part that it gives; nil: it says what it has and gives nothing.
        var speed: Int?
        var begins: Int
        /// It is gone then.
        var dies = Int.max
        var given = 0
        /// When it looks at the others again.
        var looks = 0
        /// By source: what it was asked for, and since when.
        var asked: [Int: (part: Int, bytes: Range<Int64>, begun: Int)] = [:]
        /// By source: a number of `wholes`, or of `fetchers` after those.
        var sources: [Int: Int] = [:]
        var met: [Int: Int] = [:]
        var asks: [Int: Int] = [:]
    }

    let parts: BlobParts
    var wholes: [Whole]
    var fetchers: [Fetcher] = []
    /// Milliseconds between two looks at others.
    var lookInterval = 40
    private(set) var now = 0

    init(count: Int, wholes: [Whole]) throws {
        parts = try #require(BlobParts(size: Int64(count) * BlobParts.byteCount - 5))
        self.wholes = wholes
    }

    mutating func add(speed: Int? = 10, begins: Int = 0, dies: Int = .max) {
        let plan = PartPlan(parts, name: "node-\(fetchers.count)", there: PartSet(count: parts.count))
        fetchers.append(Fetcher(plan: plan, speed: speed, begins: begins, dies: dies))
    }

    private func lives(_ number: Int) -> Bool { fetchers[number].begins <= now && now < fetchers[number].dies }

    var areComplete: Bool { fetchers.indices.allSatisfy { fetchers[$0].dies < .max || fetchers[$0].plan.isComplete } }

    mutating func run(most: Int = 200_000) {
        while !areComplete, now < most {
            for number in fetchers.indices where lives(number) {
                if fetchers[number].sources.isEmpty { start(number) }
                if now >= fetchers[number].looks { look(number) }
                take(number)
                ask(number)
            }
            now += 5
        }
    }

    private mutating func start(_ number: Int) {
        for whole in wholes.indices {
            let source = fetchers[number].plan.add(isWhole: true, now: .milliseconds(now))
            fetchers[number].sources[source] = whole
        }
        look(number)
    }

    private mutating func look(_ number: Int) {
        fetchers[number].looks = now + lookInterval
        let all = fetchers.indices.filter { lives($0) }.sorted { (fetchers[$0].begins, $0) < (fetchers[$1].begins, $1) }
        if let place = all.firstIndex(of: number) { fetchers[number].plan.begin(at: place, of: all.count) }
        for other in fetchers.indices where other != number {
            guard lives(other) else {
                if let source = fetchers[number].met.removeValue(forKey: other) { drop(source, of: number) }
                continue
            }
            var source = fetchers[number].met[other]
            if source == nil {
                source = fetchers[number].plan.add(isWhole: false, now: .milliseconds(now))
                fetchers[number].met[other] = source
                if let source { fetchers[number].sources[source] = wholes.count + other }
            }
            let (has, coming) = (fetchers[other].plan.there, fetchers[other].plan.coming)
            if let source { fetchers[number].plan.learn(source, has: has, coming: coming) }
        }
    }

    private mutating func drop(_ source: Int, of number: Int) {
        fetchers[number].plan.fail(source)
        fetchers[number].asked[source] = nil
        fetchers[number].sources[source] = nil
    }

    private mutating func take(_ number: Int) {
        for (source, asked) in fetchers[number].asked.sorted(by: { $0.key < $1.key }) {
            guard let giver = fetchers[number].sources[source] else { continue }
            if giver < wholes.count, wholes[giver].given >= wholes[giver].partsMax {
                drop(source, of: number)
                continue
            }
            guard let time = time(of: giver), now - asked.begun >= time else { continue }
            fetchers[number].asked[source] = nil
            if giver < wholes.count { wholes[giver].given += 1 } else { fetchers[giver - wholes.count].given += 1 }
            _ = fetchers[number].plan.finish(asked.part, from: source, now: .milliseconds(now))
        }
    }

    /// A giver's uplink is shared by those whom it gives something.
    private func time(of giver: Int) -> Int? {
        let speed = giver < wholes.count ? wholes[giver].speed : fetchers[giver - wholes.count].speed
        let sharers = fetchers.reduce(0) { count, fetcher in
            count + fetcher.asked.keys.count { fetcher.sources[$0] == giver }
        }
        return speed.map { $0 * max(1, sharers) }
    }

    private mutating func ask(_ number: Int) {
        for (source, giver) in fetchers[number].sources.sorted(by: { $0.key < $1.key })
        where fetchers[number].asked[source] == nil {
            guard case .fetch(let part, let bytes) = fetchers[number].plan.work(for: source, now: .milliseconds(now))
            else { continue }
            #expect(bytes == parts.bytes(of: part))
            if giver >= wholes.count { #expect(fetchers[giver - wholes.count].plan.there.contains(part)) }
            fetchers[number].asks[part, default: 0] += 1
            fetchers[number].asked[source] = (part, bytes, now)
        }
        #expect(fetchers[number].plan.coming.memberCount <= PartPlan.underWayMax)
    }

    var asksMax: Int { fetchers.flatMap(\.asks.values).max() ?? 0 }
}

@Suite struct `Parts of a big blob` {
    @Test(arguments: [1, 2, 9, 31])
    func `come once each from the one who has them, from the first on`(count: Int) throws {
        var played = try Played(count: count, wholes: [.init(speed: 10)])
        played.add()
        guard
            case .fetch(let first, _) = {
                var plan = played.fetchers[0].plan
                return plan.work(for: plan.add(isWhole: true, now: .zero), now: .zero)
            }()
        else { Issue.record("nothing is asked for"); return }
        #expect(first == 0)
        played.run()
        #expect(played.areComplete)
        #expect(played.wholes[0].given == count && played.asksMax == 1)
    }

    @Test func `come most from who is quickest`() throws {
        var played = try Played(count: 100, wholes: [.init(speed: 10), .init(speed: 40)])
        played.add()
        played.run()
        #expect(played.areComplete)
        #expect((75...85).contains(played.wholes[0].given), "\(played.wholes)")
    }

    @Test func `come from another where one is silent`() throws {
        var played = try Played(count: 40, wholes: [.init(speed: 10), .init(speed: nil), .init(speed: 12)])
        played.add()
        played.run()
        #expect(played.areComplete && played.asksMax == 2)
        #expect(played.fetchers[0].asks.values.reduce(0, +) == 41)
    }

    @Test func `that were there before are not asked for`() throws {
        let parts = try #require(BlobParts(size: 10 * BlobParts.byteCount))
        var there = PartSet(count: 10)
        for part in [0, 1, 2, 3, 4, 5, 6, 7, 9] { there.insert(part) }
        var plan = PartPlan(parts, name: "a", there: there)
        let source = plan.add(isWhole: true, now: .zero)
        let work = plan.work(for: source, now: .zero)
        #expect(work == .fetch(part: 8, bytes: parts.bytes(of: 8)))
        let (first, second) = (
            plan.finish(8, from: source, now: .zero), plan.finish(8, from: source, now: .zero)
        )
        #expect(first && !second && plan.isComplete)
        let end = plan.work(for: source, now: .zero)
        #expect(end == .done)
    }

    @Test(arguments: [2, 3, 5, 8])
    func `for many at once are sent about once by the one who has them`(count: Int) throws {
        var played = try Played(count: 64, wholes: [.init(speed: 40)])
        for _ in 0..<count { played.add(speed: 40) }
        played.run()
        #expect(played.areComplete)
        #expect(played.wholes[0].given <= 64 * 3 / 2, "of \(64 * count)")
        #expect(played.fetchers.allSatisfy { $0.given > 0 })
    }

    @Test func `for one who comes late come mostly from who came before`() throws {
        var played = try Played(count: 64, wholes: [.init(speed: 20)])
        played.add(speed: 20)
        played.add(speed: 20, begins: 1_000)
        played.run()
        #expect(played.areComplete)
        #expect(played.wholes[0].given < 64 + 32, "\(played.wholes[0].given)")
    }

    @Test func `come from the one who has them where fetchers say much and give nothing`() throws {
        var played = try Played(count: 40, wholes: [.init(speed: 10)])
        played.add(speed: nil)
        played.add(speed: nil, begins: 5_000)
        played.run()
        #expect(played.areComplete, "after \(played.now) ms")
    }

    @Test func `are given up when the last who has them is gone and nobody else has them`() throws {
        var played = try Played(count: 40, wholes: [.init(speed: 10, partsMax: 20)])
        for _ in 0..<3 { played.add() }
        played.run(most: 20_000)
        #expect(!played.areComplete)
        for fetcher in played.fetchers {
            var plan = fetcher.plan
            for source in fetcher.sources.keys {
                let end = plan.work(for: source, now: .milliseconds(played.now))
                #expect(end == .done, "nobody waits for ever")
            }
        }
        // Together they have all that was given.
        #expect(Set(played.fetchers.map { $0.plan.there }).count == 1)
    }

    @Test func `go on among fetchers who have them all when the one who had them is gone`() throws {
        var played = try Played(count: 30, wholes: [.init(speed: 10, partsMax: 46)])
        for _ in 0..<4 { played.add() }
        played.run()
        #expect(played.areComplete)
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `come whole whatever sources do`(seed: UInt64) throws {
        var state = seed
        func draw(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33 % bound)
        }
        // One stays.
        var wholes: [Played.Whole] = [.init(speed: 5 + draw(30))]
        for _ in 0..<draw(3) {
            wholes.append(.init(speed: draw(4) == 0 ? nil : 1 + draw(60), partsMax: draw(2) == 0 ? .max : draw(20)))
        }
        var played = try Played(count: 1 + draw(60), wholes: wholes)
        played.lookInterval = 1 + draw(200)
        for _ in 0...draw(6) {
            let begins = draw(2_000)
            played.add(
                speed: draw(5) == 0 ? nil : 1 + draw(80), begins: begins,
                dies: draw(4) == 0 ? begins + draw(3_000) : .max)
        }
        played.run()
        #expect(played.areComplete, "after \(played.now) ms")
        #expect(played.asksMax <= wholes.count + played.fetchers.count)
    }
}
