// All short stories of a home, and many long ones, under its rules.
import Mesh
import MeshSimulation
import Testing

@Suite struct `Every story of a home` {
    /// Moves of the stories that are all told.
    private static let length = 4

    @Test func `keeps the rules, of all short ones`() {
        #expect(Self.tellAll(WatchedTable(), []) == nil)
    }

    /// The first story that breaks a rule.
    private static func tellAll(_ table: WatchedTable, _ moves: [WatchedTable.Move]) -> String? {
        var ended = table
        if moves.count >= length - 1 { ended.end() }
        if let violation = ended.violation { return "\(violation) after \(moves)" }
        guard moves.count < length else { return nil }
        for move in WatchedTable.Move.allCases {
            var next = table
            next.play(move)
            if let found = tellAll(next, moves + [move]) { return found }
        }
        return nil
    }

    @Test func `keeps the rules, of many long ones`() {
        Seeds.check { seed in
            var random = SeededGenerator(seed: seed)
            var (table, moves) = (WatchedTable(), [WatchedTable.Move]())
            for _ in 0..<random.below(60) {
                let move = random.chance(30) ? .pass : random.pick(WatchedTable.Move.allCases)
                moves.append(move)
                table.play(move)
            }
            table.end()
            return table.violation.map { "\($0) after \(moves)" }
        }
    }
}
