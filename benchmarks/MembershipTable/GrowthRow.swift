// One row of the growth table: how soon a death and a new card are known, and what it costs.
import Foundation
import Membership
import MembershipSimulation

/// When each node heard what is waited for.
final class Watch {
    var subject = -1
    var isWanted: (SimulatedMesh.Change) -> Bool = { _ in false }
    var heard: [Int: Int64] = [:]

    func note(_ change: SimulatedMesh.Change) {
        guard change.subject == subject, change.observer != subject, isWanted(change) else { return }
        if heard[change.observer] == nil { heard[change.observer] = change.time }
    }

    /// Seconds from `start` until the first, the median and the last.
    func seconds(since start: Int64) -> (first: Double, median: Double, last: Double) {
        let all = heard.values.map { Double($0 - start) / 1e9 }
        return (all.min() ?? .nan, all.median, all.max() ?? .nan)
    }
}

struct GrowthRow {
    static let header = """
        | nodes | Lifeguard | death known: first s | median s | all s | new card at all s | bytes/node/s idle | with deaths | µs of CPU/node/s | MB all |
        |---|---|---|---|---|---|---|---|---|---|
        """

    let size: Int
    let usesLifeguard: Bool
    var first: Double = .nan
    var median: Double = .nan
    var all: Double = .nan
    var news: Double = .nan
    var idleBytes: Double = .nan
    private var busyBytes: Double = .nan
    private var cpu: Double = .nan
    private var missed = 0

    init(size: Int, usesLifeguard: Bool, kills: Int) {
        self.size = size
        self.usesLifeguard = usesLifeguard
        var timing = Timing()
        timing.usesLifeguard = usesLifeguard
        var mesh = SimulatedMesh(count: size, seed: UInt64(size), timing: timing)
        mesh.usesBytes = false
        let watch = Watch()
        mesh.onChange = { change, _ in watch.note(change) }
        // The records of the start are news, too.
        mesh.run(seconds: 30)
        measureIdle(&mesh)
        measureNews(&mesh, watch)
        measureDeaths(&mesh, watch, kills)
    }

    private mutating func measureIdle(_ mesh: inout SimulatedMesh) {
        let bytes = mesh.bytesSent
        let start = Date()
        mesh.run(seconds: 30)
        idleBytes = Double(mesh.bytesSent - bytes) / Double(size) / 30
        cpu = Date().timeIntervalSince(start) / Double(size) / 30 * 1e6
    }

    private mutating func measureNews(_ mesh: inout SimulatedMesh, _ watch: Watch) {
        var times: [Double] = []
        for round in 0..<5 {
            watch.subject = size - 1 - round
            watch.heard = [:]
            watch.isWanted = { _ in true }
            var card = SimulatedMesh.card(mesh.nodes[watch.subject].name)
            card.isDraining = true
            let start = mesh.now
            mesh.send(.changed(card), to: watch.subject)
            let wanted = size - 1
            _ = mesh.seconds(atMost: 120) { _ in watch.heard.count == wanted }
            times.append(watch.heard.count == wanted ? watch.seconds(since: start).last : .infinity)
        }
        news = times.median
    }

    private mutating func measureDeaths(_ mesh: inout SimulatedMesh, _ watch: Watch, _ kills: Int) {
        var times: [(first: Double, median: Double, last: Double)] = []
        let bytes = mesh.bytesSent
        let begin = mesh.now
        for victim in 0..<kills {
            watch.subject = victim
            watch.heard = [:]
            watch.isWanted = { $0.state == .dead }
            let start = mesh.now
            mesh.kill(victim)
            let wanted = size - 1 - victim
            if mesh.seconds(atMost: 180, until: { _ in watch.heard.count == wanted }) == nil { missed += 1 }
            times.append(watch.seconds(since: start))
        }
        first = times.map(\.first).median
        median = times.map(\.median).median
        all = times.map(\.last).median
        busyBytes = Double(mesh.bytesSent - bytes) / Double(size) / (Double(mesh.now - begin) / 1e9)
    }

    var line: String {
        let known = missed == 0 ? text(all) : "\(text(all)) (\(missed) not to all)"
        return "| \(size) | \(usesLifeguard ? "with" : "without") | \(text(first)) | \(text(median)) | \(known) "
            + "| \(text(news)) | \(text(idleBytes, digits: 0)) | \(text(busyBytes, digits: 0)) "
            + "| \(text(cpu, digits: 0)) | \(residentMegabytes) |"
    }

    /// Of this process.
    private var residentMegabytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4096 / 1_000_000
    }
}
