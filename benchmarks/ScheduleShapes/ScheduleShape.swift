// The shapes of graphs on which schedulers are measured.

package enum ScheduleShape: String, CaseIterable, Sendable {
    /// No edges.
    case independent
    /// Each stage waits for the one before it.
    case chain
    /// √n layers of √n stages; each stage has 2 to 4 parents, drawn in the layer above.
    case layers
    /// All wait for the first.
    case fanOut = "fan-out"
    /// The last waits for all.
    case fanIn = "fan-in"
    /// A square where each stage waits for its left and its upper neighbour.
    case grid
    /// Images of ten stages in a row; one image in ten is the base of the nine after it.
    case monorepo

    /// The same graph for the same number of stages, everywhere. `grid` and `layers` round down to a square.
    package func graph(stages: Int) -> StageGraph {
        switch self {
        case .independent: Self.graph(stages) { _ in EmptyCollection() }
        case .chain: Self.graph(stages) { max($0 - 1, 0)..<$0 }
        case .layers: Self.layers(side: Self.side(stages))
        case .fanOut: Self.graph(stages) { 0..<min($0, 1) }
        case .fanIn: Self.graph(stages) { $0 == stages - 1 ? 0..<$0 : 0..<0 }
        case .grid: Self.grid(side: Self.side(stages))
        case .monorepo: Self.graph(stages, Self.parentInMonorepo)
        }
    }

    private static func graph(_ stages: Int, _ parents: (Int) -> some Collection<Int>) -> StageGraph {
        var graph = StageGraph(stages: stages, edges: stages)
        for stage in 0..<stages { graph.append(parents(stage)) }
        return graph
    }

    private static func side(_ stages: Int) -> Int { max(Int(Double(stages).squareRoot()), 1) }

    private static func layers(side: Int) -> StageGraph {
        var graph = StageGraph(stages: side * side, edges: 3 * side * side)
        var draw = FixedDraw()
        for stage in 0..<side * side {
            let above = stage / side * side - side
            guard above >= 0 else {
                graph.append(EmptyCollection())
                continue
            }
            var parents: Set<Int> = []
            for _ in 0..<2 + draw.below(3) { parents.insert(above + draw.below(side)) }
            graph.append(parents.sorted())
        }
        return graph
    }

    private static func grid(side: Int) -> StageGraph {
        var graph = StageGraph(stages: side * side, edges: 2 * side * side)
        for stage in 0..<side * side {
            graph.append((stage < side ? [] : [stage - side]) + (stage % side == 0 ? [] : [stage - 1]))
        }
        return graph
    }

    private static let stagesOfImage = 10
    private static let imagesOfBase = 10

    private static func parentInMonorepo(_ stage: Int) -> Range<Int> {
        let image = stage / stagesOfImage
        if !stage.isMultiple(of: stagesOfImage) { return stage - 1..<stage }
        guard !image.isMultiple(of: imagesOfBase) else { return 0..<0 }
        let last = (image / imagesOfBase * imagesOfBase + 1) * stagesOfImage - 1
        return last..<last + 1
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), from one seed: the same graph on every machine.
private struct FixedDraw {
    private var state: UInt64 = 20_261_129

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
