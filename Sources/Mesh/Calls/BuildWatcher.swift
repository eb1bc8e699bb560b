// The coordinator's ear: it hears what the stages of its build say on other nodes.
package import Distributed
package import Reports

package distributed actor BuildWatcher {
    package typealias ActorSystem = MeshSystem

    private let hear: @Sendable (BuildEvent) -> Void

    package init(actorSystem: MeshSystem, hear: @escaping @Sendable (BuildEvent) -> Void) {
        self.hear = hear
        self.actorSystem = actorSystem
    }

    /// The watcher that orders name as `ShippedOrder.watcher`: `[a-z0-9-]`, 1 to 64 bytes. Any node that the order went
    /// to can speak to it; so it is one for each order, or its name is one that can't be guessed.
    package static func open(
        _ name: String, on system: MeshSystem, hear: @escaping @Sendable (BuildEvent) -> Void
    ) -> BuildWatcher {
        MeshSystem.$actorName.withValue(name) { BuildWatcher(actorSystem: system, hear: hear) }
    }

    /// The worker sends the next events when this has returned.
    package distributed func heard(_ events: StageEvents) {
        for event in events.events { hear(event) }
    }
}

extension BuildWatcher {
    static let targets = [
        CallTarget(
            "build.heard/1", of: BuildWatcher.self, symbol: "$s4Mesh12BuildWatcherC5heardyyAA11StageEventsVYaKFTE",
            callers: [.node], timeout: .seconds(60))
    ]
}
