// A compiled path pattern: an automaton whose states all advance together, so that no pattern makes matching
// exponential. The cost is at most states times characters.

struct PathProgram: Sendable, Equatable {
    enum Node: Sendable, Equatable {
        case scalar(Unicode.Scalar)
        case anyButSlash
        case oneOf(ScalarClass)
        /// Stays on any character but a slash; costs nothing to leave.
        case loopButSlash
        /// Stays on any character but a newline; costs nothing to leave.
        case loop
        /// Goes on at the next node and at every one listed, at no cost.
        case fork([Int])
        case jump(Int)
    }

    private let nodes: [Node]
    /// A bit per state that can be reached from each state at no cost; nil if a word has too few bits.
    private let reach: [UInt64]?

    /// The node behind the last one accepts.
    init(_ nodes: [Node]) {
        self.nodes = nodes
        reach = nodes.count < UInt64.bitWidth ? Self.reach(nodes) : nil
    }

    func matches(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        run(text, acceptsParents: false)
    }

    /// Whether the pattern matches the path or any of its parent directories.
    func matchesPathOrParent(_ path: ArraySlice<Unicode.Scalar>) -> Bool {
        run(path, acceptsParents: true)
    }

    private func run(_ text: ArraySlice<Unicode.Scalar>, acceptsParents: Bool) -> Bool {
        guard let reach else { return runLong(text, acceptsParents) }
        let accept: UInt64 = 1 << UInt64(nodes.count)
        var states = reach[0]
        for scalar in text {
            if acceptsParents, scalar == "/", states & accept != 0 { return true }
            var following: UInt64 = 0
            var waiting = states & ~accept
            while waiting != 0 {
                if let next = target(of: waiting.trailingZeroBitCount, scalar) { following |= reach[next] }
                waiting &= waiting - 1
            }
            states = following
            if states == 0 { return false }
        }
        return states & accept != 0
    }

    /// The same for patterns of many nodes.
    private func runLong(_ text: ArraySlice<Unicode.Scalar>, _ acceptsParents: Bool) -> Bool {
        var states = StateSet(count: nodes.count + 1)
        var following = states
        Self.enter(0, nodes, &states)
        for scalar in text {
            if acceptsParents, scalar == "/", states.contains(nodes.count) { return true }
            following.removeAll()
            for state in states.members where state < nodes.count {
                if let next = target(of: state, scalar) { Self.enter(next, nodes, &following) }
            }
            swap(&states, &following)
            if states.members.isEmpty { return false }
        }
        return states.contains(nodes.count)
    }

    /// Where a node goes with a character.
    private func target(of state: Int, _ scalar: Unicode.Scalar) -> Int? {
        switch nodes[state] {
        case .scalar(let wanted): scalar == wanted ? state + 1 : nil
        case .anyButSlash: scalar != "/" ? state + 1 : nil
        case .oneOf(let scalars): scalars.contains(scalar) ? state + 1 : nil
        case .loopButSlash: scalar != "/" ? state : nil
        case .loop: scalar != "\n" ? state : nil
        case .fork, .jump: nil
        }
    }

    private static func reach(_ nodes: [Node]) -> [UInt64] {
        (0...nodes.count).map { state in
            var states = StateSet(count: nodes.count + 1)
            enter(state, nodes, &states)
            return states.members.reduce(0) { $0 | 1 << UInt64($1) }
        }
    }

    /// Adds a state and all that can be reached from it at no cost.
    private static func enter(_ first: Int, _ nodes: [Node], _ states: inout StateSet) {
        var waiting = [first]
        while let state = waiting.popLast() {
            guard states.insert(state), state < nodes.count else { continue }
            switch nodes[state] {
            case .loop, .loopButSlash: waiting.append(state + 1)
            case .fork(let others):
                waiting.append(state + 1)
                waiting += others
            case .jump(let target): waiting.append(target)
            case .scalar, .anyButSlash, .oneOf: break
            }
        }
    }
}

/// A set of small numbers that is cheap to empty.
private struct StateSet {
    private(set) var members: [Int] = []
    private var isMember: [Bool]

    init(count: Int) { isMember = Array(repeating: false, count: count) }

    func contains(_ state: Int) -> Bool { isMember[state] }

    mutating func insert(_ state: Int) -> Bool {
        guard !isMember[state] else { return false }
        isMember[state] = true
        members.append(state)
        return true
    }

    mutating func removeAll() {
        for state in members { isMember[state] = false }
        members.removeAll(keepingCapacity: true)
    }
}

/// What stands in brackets.
struct ScalarClass: Sendable, Equatable {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar) } != isNegated
    }
}
