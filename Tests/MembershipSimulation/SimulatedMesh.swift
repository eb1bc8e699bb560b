// Thousands of membership machines on one thread, with simulated links and virtual time: all from one seed.
package import Membership

package struct SimulatedMesh {
    package struct Node {
        package let name: NodeName
        package var swim: Swim
        package var isUp = true
        package var pausedUntil: Int64 = 0
        /// Added to what the others' wall clocks show, milliseconds.
        package var clockOffset: Int64 = 0
        var wakesAt: Int64 = .max
        var life: UInt64 = 1
    }

    /// One node's view of another changed.
    package struct Change: Sendable {
        package let time: Int64
        package let observer: Int
        package let subject: Int
        package let state: Swim.State
        package let incarnation: UInt64
        /// The subject stands still, or did in the 30 s before.
        package let isPaused: Bool
    }

    package static let second: Int64 = 1_000_000_000
    /// Unix milliseconds when the simulation begins.
    static let epoch: Int64 = 1_700_000_000_000

    package var nodes: [Node] = []
    package var links = SimulatedLinks()
    package private(set) var now: Int64 = 0
    package private(set) var bytesSent = 0
    package private(set) var packetsSent = 0
    package private(set) var warnings: [(node: Int, warning: Swim.Warning)] = []
    /// Called at each change of a view.
    package var onChange: ((Change, borrowing SimulatedMesh) -> Void)?
    /// The first words that a node which is up is dead, once for each of its records.
    package private(set) var falseDeaths: [Change] = []
    private var buried: Set<Burial> = []

    private struct Burial: Hashable {
        let subject: Int
        let incarnation: UInt64
    }

    /// Lines for people, when `isTold`.
    package private(set) var lines: [String] = []
    package var isTold = false
    /// Packets go as bytes through the codec, not as values.
    package var usesBytes = true

    private var heap = EventHeap()
    private var choices: SeededChoices
    private var numbers: [NodeName: Int] = [:]
    private let timing: Timing

    /// `knowsAll`: each node begins with all the others in its table; otherwise it only knows the first one's address.
    package init(count: Int, seed: UInt64, timing: Timing = Timing(), knowsAll: Bool = true) {
        choices = SeededChoices(seed: seed)
        self.timing = timing
        let names = (0..<count).compactMap { NodeName("n\($0)") }
        let records = names.map {
            MemberRecord(name: $0, incarnation: 1, card: Self.card($0), signer: FakeSigner($0))
        }
        for (number, name) in names.enumerated() {
            numbers[name] = number
            let swim = swim(name, incarnation: 1, known: knowsAll ? records : [])
            nodes.append(Node(name: name, swim: swim))
            wakeUp(number)
            if !knowsAll, number > 0 { send(.join([Self.address(names[0])]), to: number) }
        }
    }

    package static func address(_ name: NodeName) -> String { "\(name):7" }

    package static func card(_ name: NodeName) -> MemberCard {
        var card = MemberCard(peerAddress: address(name), key: FakeSigner.key(of: name))
        card.registryAddress = "\(name):5000"
        card.zone = "a"
        card.slots = 4
        card.version = "0.3.0"
        return card
    }

    mutating func swim(_ name: NodeName, incarnation: UInt64, known: [MemberRecord]) -> Swim {
        Swim(
            name: name, card: Self.card(name), incarnation: incarnation, signer: FakeSigner(name), timing: timing,
            known: known, seed: choices.next(),
            at: ClockReading(moment: Moment(nanoseconds: now), wallMilliseconds: wall(0)))
    }

    private func wall(_ offset: Int64) -> Int64 { Self.epoch + now / 1_000_000 + offset }

    private func reading(of node: Int) -> ClockReading {
        ClockReading(moment: Moment(nanoseconds: now), wallMilliseconds: wall(nodes[node].clockOffset))
    }

    // MARK: Time

    package mutating func run(seconds: Double) {
        let end = now + Int64(seconds * Double(Self.second))
        while let earliest = heap.earliest, earliest <= end {
            guard let entry = heap.pop() else { break }
            now = entry.time
            live(entry)
        }
        now = end
    }

    /// Runs until `condition` holds, looked at four times a second; nil when it does not within the time.
    package mutating func seconds(atMost limit: Double, until condition: (borrowing SimulatedMesh) -> Bool) -> Double? {
        let start = now
        while !condition(self) {
            guard Double(now - start) < limit * Double(Self.second) else { return nil }
            run(seconds: 0.25)
        }
        return Double(now - start) / Double(Self.second)
    }

    private mutating func live(_ entry: EventHeap.Entry) {
        let node = Int(entry.node)
        if nodes[node].isUp, nodes[node].pausedUntil > now {
            return heap.postpone(entry, to: nodes[node].pausedUntil)
        }
        guard entry.packet >= 0 else {
            if entry.time >= nodes[node].wakesAt, nodes[node].isUp { send(.tick, to: node) }
            return
        }
        guard let (from, packet) = heap.packet(of: entry), nodes[node].isUp else { return }
        let peer = nodes[from].name
        send(usesBytes ? .received(packet.encoded(), from: peer) : .delivered(packet, from: peer), to: node)
    }

    /// Tells a node something now.
    package mutating func send(_ event: Swim.Event, to node: Int) {
        let reading = reading(of: node)
        let effects = nodes[node].swim.step(event, at: reading)
        if case .tick = event { nodes[node].wakesAt = .max }
        wakeUp(node)
        for effect in effects { perform(effect, of: node) }
    }

    mutating func wakeUp(_ node: Int) {
        let wake = max(nodes[node].swim.wakeAt.nanoseconds, now)
        guard wake < nodes[node].wakesAt else { return }
        nodes[node].wakesAt = wake
        heap.wake(node, at: wake)
    }

    private mutating func perform(_ effect: Swim.Effect, of node: Int) {
        switch effect {
        case .send(let packet, let destination):
            bytesSent += packet.encodedCount
            packetsSent += 1
            guard let to = number(destination), to != node else { return }
            for time in links.arrivals(from: node, to: to, at: now, &choices) {
                heap.deliver(packet, from: node, to: to, at: time)
            }
        case .changed(let row):
            guard let subject = numbers[row.name] else { return }
            note(
                Change(
                    time: now, observer: node, subject: subject, state: row.state, incarnation: row.incarnation,
                    isPaused: wasPaused(subject)))
        case .warn(let warning):
            warnings.append((node, warning))
            tell("\(nodes[node].name) warns: \(warning.text)")
        }
    }

    private mutating func note(_ change: Change) {
        if change.observer != change.subject {
            tell("\(nodes[change.observer].name): \(nodes[change.subject].name) is \(change.state)")
        }
        if change.state == .dead, nodes[change.subject].isUp,
            buried.insert(Burial(subject: change.subject, incarnation: change.incarnation)).inserted
        {
            falseDeaths.append(change)
        }
        onChange?(change, self)
    }

    private func wasPaused(_ node: Int) -> Bool {
        nodes[node].pausedUntil > 0 && now - nodes[node].pausedUntil < 30 * Self.second
    }

    private func number(_ destination: Swim.Destination) -> Int? {
        switch destination {
        case .member(let name, _), .stranger(let name): numbers[name]
        case .seed(let address): NodeName(String(address.prefix { $0 != ":" })).flatMap { numbers[$0] }
        }
    }

    package mutating func tell(_ line: String) {
        guard isTold else { return }
        let tenths = now / (Self.second / 10)
        lines.append("\(tenths / 10).\(tenths % 10) s  \(line)")
    }
}
