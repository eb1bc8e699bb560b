// One order on its way to its claim, or to another's result.
import Mesh
import MeshSimulation
import Testing

@Suite struct `An order that wants a claim` {
    /// Answers and what the order does then, a line each.
    private static func tell(_ events: [(seconds: Double, event: ClaimWait.Event)]) -> [String] {
        var wait = ClaimWait(at: .zero)
        return events.map { "\(wait.step($0.event, at: .seconds($0.seconds)))" }
    }

    @Test func `is built when it is granted`() {
        #expect(
            Self.tell([(0, .begin), (0, .answered(.granted))]) == [
                "ask(wait: 0.0 seconds)", "build(isGranted: true)",
            ])
    }

    @Test func `waits for who builds it, and takes the result`() {
        #expect(
            Self.tell([
                (0, .begin), (0, .answered(.held(by: "x", build: "b"))), (3, .answered(.held(by: "x", build: "b"))),
                (5, .answered(.made(at: "x"))),
            ]) == [
                "ask(wait: 0.0 seconds)", "ask(wait: 3.0 seconds)", "ask(wait: 3.0 seconds)", #"take(from: "x")"#,
            ])
    }

    @Test func `looks once at who built it before it is built again`() {
        #expect(
            Self.tell([
                (0, .begin), (0, .answered(.held(by: "x", build: "b"))), (3, .answered(.granted)), (3, .missed),
            ]).suffix(2) == [#"take(from: "x")"#, "build(isGranted: true)"])
    }

    @Test func `asks again when the result does not fit, and not for ever`() {
        var wait = ClaimWait(at: .zero)
        _ = wait.step(.begin, at: .zero)
        #expect(wait.step(.answered(.made(at: "x")), at: .zero) == .take(from: "x"))
        #expect(!wait.refusesResults)
        #expect(wait.step(.missed, at: .zero) == .ask(wait: .zero))
        #expect(wait.refusesResults)
        #expect(wait.step(.answered(.made(at: "y")), at: .zero) == .take(from: "y"))
        #expect(wait.step(.missed, at: .zero) == .ask(wait: .zero))
        #expect(wait.step(.answered(.made(at: "z")), at: .zero) == .take(from: "z"))
        #expect(wait.step(.missed, at: .zero) == .build(isGranted: false))
    }

    @Test func `is built when its home is silent for too long`() {
        #expect(
            Self.tell([
                (0, .begin), (2, .unanswered(isFinal: false)), (2.3, .waited), (3, .unanswered(isFinal: false)),
            ]) == [
                "ask(wait: 0.0 seconds)", "pause(0.3 seconds)", "ask(wait: 0.0 seconds)", "build(isGranted: false)",
            ])
        #expect(
            Self.tell([
                (0, .begin), (0, .answered(.held(by: "x", build: "b"))), (9, .answered(.notHome)), (9.3, .waited),
                (10, .unanswered(isFinal: false)), (12, .missed),
            ]).suffix(3) == ["ask(wait: 3.0 seconds)", #"take(from: "x")"#, "build(isGranted: false)"])
    }

    @Test func `is built soon when its home was killed, unless somebody builds it`() {
        #expect(
            Self.tell([(0, .begin), (0, .absent), (0.3, .waited), (0.3, .absent)]) == [
                "ask(wait: 0.0 seconds)", "pause(0.3 seconds)", "ask(wait: 0.0 seconds)", "build(isGranted: false)",
            ])
        #expect(
            Self.tell([
                (0, .begin), (0, .absent), (0.3, .waited), (0.3, .answered(.notHome)), (0.6, .waited), (0.6, .absent),
            ]).last == "pause(0.3 seconds)", "it began anew, and was killed again")
        #expect(
            Self.tell([
                (0, .begin), (0, .answered(.held(by: "x", build: "b"))), (1, .absent), (1.3, .waited), (1.3, .absent),
                (1.6, .waited), (1.6, .answered(.made(at: "x"))),
            ]).suffix(3) == ["pause(0.3 seconds)", "ask(wait: 3.0 seconds)", #"take(from: "x")"#])
    }

    @Test func `is built at once when its home knows no claims or takes no more`() {
        #expect(Self.tell([(0, .begin), (0, .unanswered(isFinal: true))]).last == "build(isGranted: false)")
        #expect(Self.tell([(0, .begin), (0, .answered(.full))]).last == "build(isGranted: false)")
    }

    /// Whatever is answered, as long as somebody doesn't hold it all the time.
    @Test func `comes to an end`() {
        for seed in UInt64(0)..<3_000 {
            var random = SeededGenerator(seed: seed)
            var (wait, now) = (ClaimWait(at: .zero), Duration.zero)
            var action = wait.step(.begin, at: now)
            var (steps, held) = (0, 0)
            while steps < 2_000 {
                steps += 1
                switch action {
                case .ask(let time):
                    now += .milliseconds(random.below(Int(time / .milliseconds(1)) + 2_000))
                    let isHeld = held < 50 && random.chance(30)
                    if isHeld { held += 1 }
                    let answers: [ClaimAnswer] = [.settling, .notHome, .made(at: "y"), .settling, .notHome]
                    action = wait.step(
                        isHeld
                            ? .answered(.held(by: "x", build: "b"))
                            : random.chance(30)
                                ? random.pick([.unanswered(isFinal: false), .absent]) : .answered(random.pick(answers)),
                        at: now
                    )
                case .pause(let time):
                    now += time
                    action = wait.step(.waited, at: now)
                case .take:
                    now += .milliseconds(random.below(5_000))
                    action = wait.step(.missed, at: now)
                case .build:
                    steps = .max
                }
            }
            #expect(steps == .max, "seed \(seed)")
        }
    }
}
