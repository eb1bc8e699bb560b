// Parts of a blob from several holders: in any order of events all come, once, and little waits in memory.
import Testing

@testable import Peering

@Suite struct `Parts of a big blob` {
    private static let chunk = ChunkPlan.chunkBytes

    /// Holders that take so long for a part; nil: never answers.
    private struct Played {
        var plan: ChunkPlan
        var given: [Int: Int] = [:]
        var parts: [Range<Int64>] = []
        var waitingMax = 0

        init(from start: Int64 = 0, size: Int64) { plan = ChunkPlan(from: start, size: size) }

        /// Steps of a millisecond. `failing`: the holder fails once it was given so many parts.
        mutating func run(_ speeds: [Int?], failing: [Int: Int] = [:], most: Int = 1_000_000) {
            var busy: [Int: (chunk: Int, until: Int?)] = [:]
            var failed: Set<Int> = []
            var waiting = 0
            for millisecond in 0..<most where !plan.isComplete {
                let now = Duration.milliseconds(millisecond)
                for (holder, speed) in speeds.enumerated() where !failed.contains(holder) {
                    if let (chunk, until) = busy[holder] {
                        guard let until, until <= millisecond else { continue }
                        busy[holder] = nil
                        if plan.finish(chunk, now: now) { waiting += 1 }
                        while let head = plan.takeHead() {
                            parts.append(plan.bytes(of: head))
                            waiting -= 1
                        }
                        waitingMax = max(waitingMax, waiting)
                    }
                    guard case .fetch(let chunk, let bytes) = plan.work(for: holder, now: now) else { continue }
                    #expect(bytes == plan.bytes(of: chunk))
                    given[holder, default: 0] += 1
                    if given[holder] == failing[holder] {
                        failed.insert(holder)
                        plan.fail(holder)
                    } else {
                        busy[holder] = (chunk, speed.map { millisecond + $0 })
                    }
                }
            }
        }
    }

    @Test(arguments: [0, 1, 7, chunk - 1, chunk, chunk + 1, 9 * chunk, 30 * chunk + 5], [0, 3, chunk])
    func `come once each, in order`(size: Int64, start: Int64) {
        var played = Played(from: start, size: size)
        played.run([10, 13, 29])
        #expect(played.plan.isComplete)
        #expect(played.parts.first?.lowerBound ?? start == start)
        #expect(zip(played.parts, played.parts.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(played.parts.reduce(0) { $0 + $1.upperBound - $1.lowerBound } == max(size - start, 0))
        #expect(played.plan.work(for: 0, now: .zero) == .done)
    }

    @Test func `come most from who is quickest, and few wait`() {
        var played = Played(size: 100 * Self.chunk)
        played.run([10, 40])
        #expect(played.plan.isComplete)
        #expect((75...85).contains(played.given[0] ?? 0), "\(played.given)")
        #expect(played.waitingMax < ChunkPlan.windowMax)
    }

    @Test func `come from another holder where one is silent`() {
        var played = Played(size: 40 * Self.chunk)
        played.run([10, nil, 12])
        #expect(played.plan.isComplete)
        #expect(played.given[1] == 1)
        #expect(played.given.values.reduce(0, +) == 41)
    }

    @Test func `that are slow at the end are asked for twice`() {
        var played = Played(size: 2 * Self.chunk)
        played.run([10, 100_000], most: 5_000)
        #expect(played.plan.isComplete)
        #expect(played.given == [0: 2, 1: 1])
    }

    @Test func `of a holder that fails come from the others`() {
        var played = Played(size: 20 * Self.chunk)
        played.run([10, 10, 10], failing: [0: 3, 2: 1])
        #expect(played.plan.isComplete)
        #expect(played.given[0] == 3 && played.given[2] == 1)
        #expect(played.given.values.reduce(0, +) == 22, "two were asked for again")
    }

    @Test func `of holders that all fail are left`() {
        var played = Played(size: 20 * Self.chunk)
        played.run([10, 10], failing: [0: 2, 1: 2], most: 5_000)
        #expect(!played.plan.isComplete)
        #expect(played.parts.count < 20)
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `come whole whatever the holders do`(seed: UInt64) {
        var state = seed
        func draw(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33 % bound)
        }
        let speeds = (0...draw(4)).map { _ in draw(5) == 0 ? nil : 1 + draw(60) } + [20]
        var failing: [Int: Int] = [:]
        for holder in speeds.indices.dropLast() where draw(3) == 0 { failing[holder] = 1 + draw(5) }
        let size = Int64(draw(30)) * Self.chunk + Int64(draw(1_000))
        var played = Played(size: size)
        played.run(speeds, failing: failing, most: 20_000)
        #expect(played.plan.isComplete, "\(speeds) \(failing)")
        #expect(played.parts.reduce(0) { $0 + $1.upperBound - $1.lowerBound } == size)
        #expect(played.waitingMax < ChunkPlan.windowMax)
    }
}
