// Runs a scheduler until a graph is done: every stage that is assigned is reported done at once.
package import Scheduling

package struct Drain: Sendable {
    /// Nodes that take stages, and slots on each.
    package var nodes: Int
    package var slots: Int

    package init(nodes: Int = 1, slots: Int = 8) {
        self.nodes = nodes
        self.slots = slots
    }

    /// Gives the stages to a new scheduler and drains it. Time stands still: no stage is late.
    /// - Returns: stages that were reported done; fewer than `batch` has only when the scheduler is wrong.
    package func run(_ batch: Scheduler.StageBatch) -> Int {
        var scheduler = Scheduler()
        let (now, build) = (Scheduler.Moment(nanoseconds: 0), Scheduler.BuildID(0))
        var effects: [Scheduler.Effect] = []
        for node in 0..<nodes {
            let capacity = Scheduler.NodeCapacity(run: slots, transfer: slots)
            scheduler.step(.nodeJoined(Scheduler.NodeID(UInt32(node)), capacity), now: now, into: &effects)
        }
        scheduler.step(.buildAdded(build, Scheduler.BuildLimits()), now: now, into: &effects)
        scheduler.step(.stagesAdded(build, batch), now: now, into: &effects)
        scheduler.step(.sealed(build), now: now, into: &effects)
        return report(&scheduler, effects, now)
    }

    /// The effects of one round of reports are the next round.
    private func report(
        _ scheduler: inout Scheduler, _ first: [Scheduler.Effect], _ now: Scheduler.Moment
    ) -> Int {
        var (effects, next) = (first, [Scheduler.Effect]())
        var done = 0
        while !effects.isEmpty {
            for case .assign(let build, let shard, let node, let attempt) in effects {
                for stage in shard {
                    scheduler.step(.finished(build, stage, node, attempt, .done), now: now, into: &next)
                    done += 1
                }
            }
            swap(&effects, &next)
            next.removeAll(keepingCapacity: true)
        }
        return done
    }
}
