// What can't run any more, and what must run again.

extension BuildGraph {
    /// The stage to blame if a parent failed or was skipped.
    func failedParent(of stage: Int) -> Int32? {
        for parent in parents(of: stage) {
            let record = stages[Int(parent.raw)]
            if record.phase == .failed || record.phase == .skipped { return record.owner }
        }
        return nil
    }

    mutating func skip(_ stage: Int, because cause: Int32) {
        setPhase(stage, .skipped)
        setOwner(stage, cause)
    }

    /// Skips all below a failed stage. - Returns: the skipped ones, by index.
    mutating func skipDescendants(of failed: Int) -> [Int32] {
        var skipped: [Int32] = []
        var next = 0
        var stage = failed
        while true {
            forEachChild(of: stage) { graph, child in
                guard graph.stages[child].phase == .waiting || graph.stages[child].phase == .ready else { return }
                graph.skip(child, because: Int32(failed))
                skipped.append(Int32(child))
            }
            guard next < skipped.count else { break }
            stage = Int(skipped[next])
            next += 1
        }
        return skipped.sorted()
    }

    /// Skips all that no node holds. - Returns: the skipped ones, by index.
    mutating func skipUnassigned(because cause: Int32) -> [Int32] {
        var skipped: [Int32] = []
        for stage in stages.indices where stages[stage].phase == .waiting || stages[stage].phase == .ready {
            skip(stage, because: cause)
            skipped.append(Int32(stage))
        }
        return skipped
    }

    /// All that a path leads to, by index.
    func descendants(of stage: Int) -> [Int] {
        var isFound = [Bool](repeating: false, count: count)
        var found: [Int] = []
        var next = 0
        var above = stage
        while true {
            var edge = stages[above].firstEdge
            while edge >= 0 {
                let child = Int(edges[Int(edge)].child)
                edge = edges[Int(edge)].next
                guard !isFound[child] else { continue }
                isFound[child] = true
                found.append(child)
            }
            guard found.count > next else { break }
            above = found[next]
            next += 1
        }
        return found.sorted()
    }

    /// A done stage is no longer done: its children wait for it again, those that run go on.
    mutating func undo(_ stage: Int) {
        setPhase(stage, .waiting)
        setNode(stage, -1)
        forEachChild(of: stage) { graph, child in
            graph.changePending(child, by: 1)
            if graph.stages[child].phase == .ready { graph.setPhase(child, .waiting) }
        }
    }

    mutating func forEachChild(of stage: Int, _ body: (inout BuildGraph, Int) -> Void) {
        var edge = stages[stage].firstEdge
        while edge >= 0 {
            body(&self, Int(edges[Int(edge)].child))
            edge = edges[Int(edge)].next
        }
    }
}
