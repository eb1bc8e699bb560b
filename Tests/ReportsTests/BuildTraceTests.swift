// The timeline of a build as trace-event JSON: to the byte, and whatever the events are.
import Digests
import Foundation
import Reports
import Stages
import Testing

@Suite struct `Build traces` {
    private func assignment(_ kind: StageAssignment.Kind, node: UInt32 = 0) throws -> StageAssignment {
        StageAssignment(kind: kind, node: node, digest: try SmallWorld.facts().id.digest)
    }

    private func small() throws -> BuildTrace {
        var trace = BuildTrace(program: "weft 1")
        let run = SmallWorld.title("web", "RUN1", "RUN make \"all\"", place: "Dockerfile:2")
        let copy = SmallWorld.title("", "COPY2", "COPY . /app")
        let failing = SmallWorld.title("docs", "RUN3")
        let blob = Transfer(.pull, subject: "alpine", blob: try SmallWorld.blob("a"))
        let events: [BuildEvent] = [
            .planned(sets: [], limit: nil), .imageStarted(image: "web"), .imageStarted(image: ""),
            .stageReused(SmallWorld.title("web", "FROM0"), try SmallWorld.facts(added: 70)),
            .stepRemembered(SmallWorld.title("web", "COPY9")), .assigned(run, try assignment(.run)),
            .transferred(blob, byteCount: 10, total: 20), .assigned(copy, try assignment(.copy)), .stageStarted(copy),
            .transferred(blob, byteCount: 20, total: 20), .stageRan(copy, duration: .seconds(1), layerByteCount: 4096),
            .assigned(failing, try assignment(.run)), .stageStopped(failing), .assigned(failing, try assignment(.run)),
            .stageFailed(failing, message: "exit code 2\n"),
            .stageRan(run, duration: .seconds(3), layerByteCount: nil), .assigned(run, try assignment(.publish)),
            .publishStarted(run, repo: SmallWorld.repo),
            .stagePublished(run, try SmallWorld.facts(added: 70), duration: .seconds(1), adopted: true),
            .imageFinished(SmallWorld.record("web", facts: try SmallWorld.facts())),
            .assigned(copy, try assignment(.publish, node: 3)),
        ]
        for (number, event) in events.enumerated() { trace.step(event, at: .microseconds(1_500 * number)) }
        return trace
    }

    @Test func `are the saved ones to the byte`() throws {
        let text = String(decoding: try small().encoded(at: .seconds(1)), as: UTF8.self)
        let saved = String(decoding: try SmallWorld.input("trace.json"), as: UTF8.self)
        #expect(text == saved)
    }

    @Test func `tell stages apart that have one name in two places`() throws {
        var trace = BuildTrace(program: "weft")
        let first = SmallWorld.title("web", "COPY1", place: "Dockerfile:4")
        let second = SmallWorld.title("web", "COPY1", place: "Dockerfile:15")
        trace.step(.assigned(first, try assignment(.copy)), at: .seconds(1))
        trace.step(.assigned(second, try assignment(.copy)), at: .seconds(2))
        trace.step(.stageRan(first, duration: .seconds(2), layerByteCount: 1), at: .seconds(3))
        trace.step(.stageRan(second, duration: .seconds(2), layerByteCount: 1), at: .seconds(4))
        let text = String(decoding: trace.encoded(at: .seconds(9)), as: UTF8.self)
        #expect(!text.contains("unfinished"))
        #expect(text.contains("\"ts\":1000000.000,\"dur\":2000000.000"))
        #expect(text.contains("\"ts\":2000000.000,\"dur\":2000000.000"))
    }

    @Test func `of nothing are empty`() throws {
        let text = String(decoding: BuildTrace(program: "weft").encoded(at: .zero), as: UTF8.self)
        #expect(text == "{\"traceEvents\":[\n],\n\"displayTimeUnit\":\"ms\",\"otherData\":{\"program\":\"weft\"}}\n")
    }

    @Test func `can be taken more than once, while it goes on`() throws {
        var trace = try small()
        let first = trace.encoded(at: .seconds(1))
        #expect(trace.encoded(at: .seconds(1)) == first)
        trace.step(.stageStopped(SmallWorld.title("", "COPY2")), at: .seconds(2))
        let text = String(decoding: trace.encoded(at: .seconds(3)), as: UTF8.self)
        #expect(text.contains("\"outcome\":\"stopped\""))
    }

    /// One event of a trace, as a viewer reads it.
    private struct Seen: Decodable {
        let ph: String
        let name: String
        let pid: Int
        let tid: Int
        let ts: Double?
        let dur: Double?
        let id: String?
    }

    private struct File: Decodable {
        let traceEvents: [Seen]
    }

    @Test(arguments: 0..<100) func `are readable, and no slot does two things at once`(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        var trace = BuildTrace(program: "weft \u{1}\"")
        var time = Duration.zero
        for _ in 0..<300 {
            time += .microseconds(random.next(50))
            trace.step(try random.event(), at: time)
            let title = SmallWorld.title(["backend", "日本"][random.next(2)], "RUN\(random.next(6))")
            if random.next(2) == 0 {
                trace.step(.assigned(title, try assignment(random.next(3) == 0 ? .publish : .run)), at: time)
            }
            if random.next(20) == 0 { trace.step(.imageStarted(image: title.image), at: time) }
        }
        let file = try JSONDecoder().decode(File.self, from: Data(trace.encoded(at: time)))
        let spans = file.traceEvents.filter { $0.ph == "X" }
        #expect(spans.count > 30)
        for (_, slot) in Dictionary(grouping: spans, by: { [$0.pid, $0.tid] }) {
            let inOrder = slot.sorted { ($0.ts ?? 0, $0.dur ?? 0) < ($1.ts ?? 0, $1.dur ?? 0) }
            for (span, next) in zip(inOrder, inOrder.dropFirst()) {
                #expect((span.ts ?? 0) + (span.dur ?? -1) <= (next.ts ?? 0) + 0.000_5, "\(span.name), \(next.name)")
            }
        }
        let named = Set(file.traceEvents.filter { $0.ph == "M" }.map { [$0.pid, $0.tid] })
        #expect(Set(spans.map { [$0.pid, $0.tid] }).subtracting(named).isEmpty, "a slot without a name")
        for (id, ends) in Dictionary(grouping: file.traceEvents.filter { $0.id != nil }, by: \.id) {
            #expect(ends.count { $0.ph == "b" } == ends.count { $0.ph == "e" }, "\(id ?? "")")
        }
    }
}
