// The distributed actor system of the mesh: actors by name, links by peer, and calls between them.
package import Distributed
import Synchronization

/// One for each process. Actors that live here are called directly; those of other nodes over a link that `serve` runs.
package final class MeshSystem: DistributedActorSystem, Sendable {
    package typealias ActorID = MeshAddress
    package typealias SerializationRequirement = any Message
    package typealias InvocationEncoder = CallEncoder
    package typealias InvocationDecoder = CallDecoder
    package typealias ResultHandler = CallAnswer

    /// The name of the actor that is made next: an actor's initializer can't be told it otherwise.
    @TaskLocal package static var actorName: String?

    struct WeakActor {
        weak var actor: (any DistributedActor)?
    }

    struct State {
        var actors: [String: WeakActor] = [:]
        var namelessActors = 0
        /// Links that said hello; of one peer the newest last.
        var sessions: [LinkSession] = []
    }

    /// This node's, or client's, name: as in its certificate.
    package let name: String
    package let counts = CallCounts()
    let hello: Hello
    let table: CallTable
    let limits: CallLimits
    let clock: MeshClock
    let state = Mutex(State())

    /// - Parameters:
    ///   - program: the version of weft, for people.
    ///   - protocols: versions of the protocol that are spoken; only tests speak others.
    package init(
        name: String, program: String, clock: MeshClock, limits: CallLimits = CallLimits(),
        targets: [CallTarget] = CallTarget.all, protocols: ClosedRange<UInt32>? = nil
    ) {
        self.name = name
        self.clock = clock
        self.limits = limits
        table = CallTable(targets)
        hello = Hello(versions: protocols ?? Hello.spoken, program: program, name: name)
    }

    // MARK: Actors

    /// Nil, so that a proxy is made, for an actor of another node. Throws when it should live here and doesn't.
    package func resolve<Act: DistributedActor>(id: MeshAddress, as actorType: Act.Type) throws -> Act?
    where Act.ID == MeshAddress {
        guard id.node == name else { return nil }
        guard let actor = actor(named: id.actor) as? Act else {
            throw CallError.refused(peer: name, reason: "nobody is named \(id.actor)")
        }
        return actor
    }

    package func assignID<Act: DistributedActor>(_ actorType: Act.Type) -> MeshAddress where Act.ID == MeshAddress {
        if let name = Self.actorName { return MeshAddress(node: self.name, actor: name) }
        let number = state.withLock { state in
            state.namelessActors += 1
            return state.namelessActors
        }
        return MeshAddress(node: name, actor: "nameless-\(number)")
    }

    /// An actor that takes a name again stands in for the one before.
    package func actorReady<Act: DistributedActor>(_ actor: Act) where Act.ID == MeshAddress {
        state.withLock { $0.actors[actor.id.actor] = WeakActor(actor: actor) }
    }

    package func resignID(_ id: MeshAddress) {
        state.withLock { state in
            // Another may have the name by now.
            if state.actors[id.actor]?.actor == nil { state.actors[id.actor] = nil }
        }
    }

    package func makeInvocationEncoder() -> CallEncoder { CallEncoder() }

    func actor(named name: String) -> (any DistributedActor)? { state.withLock { $0.actors[name]?.actor } }

    // MARK: Links

    /// Names of the nodes to which there is a link.
    package var linkedNodes: Set<String> {
        state.withLock { state in
            Set(state.sessions.filter { $0.peer.role == .node && $0.ended == nil }.map(\.peer.name))
        }
    }

    /// Says goodbye on all links: they end, and so do the calls that run over them.
    package func leave(_ reason: String) {
        for session in state.withLock({ $0.sessions }) { session.end(.left(reason), farewell: reason) }
    }
}
