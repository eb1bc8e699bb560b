// Idle nodes help: shards that wait elsewhere are recalled, shards that take far too long are copied.

extension Scheduler {
    /// A shard that its node did not start for so long is given to an idle node: longer than a round trip and the start
    /// of a worker, so that a busy mesh isn't recalled from hand to hand. Nanoseconds.
    static let waitMax: Int64 = 500_000_000
    /// Each time that a stage was recalled doubles how long it may wait the next time, so often: whoever moves it knows no
    /// better than the last time, and it loses its place in the queue and what was fetched for it.
    static let waitDoublingsMax = 7
    /// A shard is overdue when it takes so many times what was learned, …
    static let overdueFactor: Int64 = 4
    /// … and at least so much longer: a copy of a short stage helps nobody. Nanoseconds.
    static let overdueMin: Int64 = 5_000_000_000

    /// Runs after `dispatch`: a slot that is still free has no ready stage that may take it.
    mutating func rebalance(_ effects: inout [Effect]) {
        var idle = SlotClass.allCases.map { slot in nodes.reduce(0) { $0 + $1.idleSlots(slot) } }
        for row in rowsByUrgency(where: { isWaitingTooLong($0) }) {
            guard let assignment = shards.held(row), let build = build(of: row) else { continue }
            let index = assignment.slot.index
            guard idle[index] > nodes[assignment.node].idleSlots(assignment.slot),
                hasOpenNode(beside: assignment, build)
            else { continue }
            idle[index] -= 1
            recall(row, &effects)
        }
        for row in rowsByUrgency(where: { isOverdue($0) }) {
            guard let assignment = shards.held(row), idle[assignment.slot.index] > 0 else { continue }
            idle[assignment.slot.index] -= 1
            copy(row, &effects)
        }
    }

    mutating func copy(_ id: BuildID, _ stage: StageIndex, _ effects: inout [Effect]) {
        guard let build = buildSlots[id], stage.raw >= 0, Int(stage.raw) < builds[build].graph.count else { return }
        let record = builds[build].graph.stages[Int(stage.raw)]
        if record.phase == .assigned { copy(Int(record.owner), &effects) }
    }

    // Starts what remains of a shard on another node as well. Safe: the first result wins, and publication decides.
    private mutating func copy(_ row: Int, _ effects: inout [Effect]) {
        guard let build = build(of: row), let assignment = shards.held(row), assignment.movable, !assignment.stopping,
            assignment.twin < 0, hasOpenNode(beside: assignment, build)
        else { return }
        let remaining = assignment.shard.indices.filter { !assignment.isReported($0) }.map { assignment.shard[$0] }
        // A parent's result may have been lost since the shard began: its node still has it, another can't.
        guard let head = remaining.first, builds[build].graph.stages[Int(head.raw)].pending == 0 else { return }
        var shard = Shard(head)
        for stage in remaining.dropFirst() { shard.append(stage) }
        let offer = builds[build].graph.offer(shard)
        builds[build].avoid(assignment.node, for: head)
        guard let node = place(Int(head.raw), memory: offer.memory, of: build), node != assignment.node else { return }
        assign(offer, of: build, to: node, copied: row, &effects)
    }

    mutating func recall(_ row: Int, _ effects: inout [Effect]) {
        guard let assignment = shards.held(row), !assignment.recalled, !assignment.stopping else { return }
        shards.rows[row].recalled = true
        let node = nodes[assignment.node].id
        effects.append(.recall(assignment.build, assignment.shard[0], node, shards.attempt(of: row)))
    }

    private func isWaitingTooLong(_ assignment: Assignment) -> Bool {
        assignment.movable && !assignment.started && !assignment.awaitsSupply && !assignment.recalled
            && !assignment.stopping && assignment.twin < 0
            && now.nanoseconds(since: assignment.since) >= waitMax(of: assignment)
    }

    private func waitMax(of assignment: Assignment) -> Int64 {
        let recalls = builds[assignment.buildSlot].setbacks[assignment.shard[0].raw]?.recalls ?? 0
        return Scheduler.waitMax << Int64(min(recalls, Scheduler.waitDoublingsMax))
    }

    private func isOverdue(_ assignment: Assignment) -> Bool {
        guard assignment.movable, assignment.started, !assignment.stopping, assignment.twin < 0, assignment.expected > 0
        else { return false }
        let elapsed = now.nanoseconds(since: assignment.since)
        return elapsed >= assignment.expected.clampedProduct(Scheduler.overdueFactor)
            && elapsed >= assignment.expected.clampedSum(Scheduler.overdueMin)
    }

    // Critical path first.
    private func rowsByUrgency(where condition: (Assignment) -> Bool) -> [Int] {
        var found: [(rank: Int64, row: Int)] = []
        for row in shards.rows.indices {
            guard let assignment = shards.held(row), condition(assignment), let build = build(of: row) else { continue }
            let head = Int(assignment.shard[assignment.firstUnreported].raw)
            found.append((builds[build].graph.stages[head].rank, row))
        }
        return found.sorted { $0.rank != $1.rank ? $0.rank > $1.rank : $0.row < $1.row }.map(\.row)
    }

    private func hasOpenNode(beside assignment: Assignment, _ build: Int) -> Bool {
        var others = openNodes[assignment.slot.index]
        others.set(assignment.node, to: false)
        return others.first(from: 0, notIn: assignment.slot == .run ? builds[build].fullNodes : NodeBits()) != nil
    }
}

extension NodeLoad {
    func idleSlots(_ slot: Scheduler.SlotClass) -> Int {
        presence == .present && reserved == nil ? max(slots(slot) - used(slot), 0) : 0
    }
}
