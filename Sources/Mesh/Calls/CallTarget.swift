// What may be called from another node: nothing that isn't named here.
package import Distributed

/// A distributed function under the name by which nodes call it.
package struct CallTarget: Sendable {
    /// `node.card/1`: never given to another function or another meaning; a new meaning gets a new number.
    package let name: String
    /// The compiler's name, which changes with the module, the types and the effects of the function.
    package let symbol: String
    /// Who may call it.
    package let callers: Set<PeerIdentity.Role>
    /// How long a caller waits that says nothing else.
    package let timeout: Duration
    /// Whether the actor has this function: run on another one, it would take its memory for something else.
    let isFunction: @Sendable (any DistributedActor) -> Bool

    package init<Act: DistributedActor>(
        _ name: String, of actor: Act.Type, symbol: String, callers: Set<PeerIdentity.Role>, timeout: Duration
    ) {
        self.name = name
        self.symbol = symbol
        self.callers = callers
        self.timeout = timeout
        isFunction = { $0 is Act }
    }

    /// Everything that nodes and coordinators ask of each other.
    package static let all: [CallTarget] = NodeDesk.targets + BuildWatcher.targets
}

/// The targets by each of their names.
struct CallTable: Sendable {
    private let byName: [String: CallTarget]
    private let bySymbol: [String: CallTarget]

    init(_ targets: [CallTarget]) {
        byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
        bySymbol = Dictionary(uniqueKeysWithValues: targets.map { ($0.symbol, $0) })
    }

    func target(named name: String) -> CallTarget? { byName[name] }
    func target(symbol: String) -> CallTarget? { bySymbol[symbol] }
}
