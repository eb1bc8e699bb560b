// What a node can be asked over a link: a thin shell over its services.
package import Distributed
import Reports

/// Every node has one, named `NodeDesk.name`.
package distributed actor NodeDesk {
    package typealias ActorSystem = MeshSystem

    package static let name = "node"

    private let services: any NodeServices

    package init(services: any NodeServices, actorSystem: MeshSystem) {
        self.services = services
        self.actorSystem = actorSystem
    }

    /// The desk of this node under its well-known name. It is reached as long as somebody holds it.
    package static func open(_ services: any NodeServices, on system: MeshSystem) -> NodeDesk {
        MeshSystem.$actorName.withValue(name) { NodeDesk(services: services, actorSystem: system) }
    }

    /// The desk of another node, over the link to it.
    package static func at(_ node: String, from system: MeshSystem) throws -> NodeDesk {
        try resolve(id: MeshAddress(node: node, actor: name), using: system)
    }

    package distributed func card() async -> NodeCard { await services.card() }

    package distributed func members() async -> MemberRows { await services.members() }

    package distributed func gossip(_ packet: GossipPacket) async throws -> GossipPacket {
        guard let peer = IncomingCall.current?.peer else {
            throw CallError.refused(peer: id.node, reason: "gossip comes from another node")
        }
        return await services.gossip(packet, from: peer)
    }

    package distributed func availability(_ query: AvailabilityQuery) async -> AvailabilityAnswer {
        await services.availability(query)
    }

    package distributed func remembered(_ query: StepQuery) async -> RememberedSteps {
        await services.remembered(query)
    }

    package distributed func lacking(_ query: NeedsQuery) async -> Lacking { await services.lacking(query) }

    package distributed func layerBlobs(_ query: LayerQuery) async -> LayerBlobs { await services.layerBlobs(query) }

    /// Answers when there is something to say, or when the question had its time.
    package distributed func claim(_ query: ClaimQuery) async throws -> ClaimAnswers {
        await services.claim(query, from: try caller())
    }

    package distributed func refreshClaims(_ claims: ClaimRefresh) async throws {
        await services.refresh(claims, from: try caller())
    }

    package distributed func releaseClaims(_ releases: ClaimReleases) async throws {
        await services.release(releases, from: try caller())
    }

    private func caller() throws -> PeerIdentity {
        guard let peer = IncomingCall.current?.peer else {
            throw CallError.refused(peer: id.node, reason: "only another node asks for that")
        }
        return peer
    }

    /// The next certificate of the caller.
    package distributed func certificate(_ query: CertificateQuery) async throws -> CertificateAnswer {
        await services.certificate(query, from: try caller())
    }

    /// What a voter says of the ledger, and what it has it record.
    package distributed func ledger(_ query: LedgerQuery) async throws -> LedgerAnswer {
        await services.ledger(query, from: try caller())
    }

    package distributed func drain(_ reason: DrainReason) async { await services.drain(reason.text) }

    /// Runs a stage. All that it says was heard by the order's watcher, or lost for good, before this answers.
    package distributed func perform(_ order: ShippedOrder) async throws -> StageOutcome {
        let caller = IncomingCall.current?.peer.name ?? id.node
        let watcher = try BuildWatcher.resolve(
            id: MeshAddress(node: caller, actor: order.watcher), using: actorSystem)
        let events = EventQueue(of: order.order.title)
        return await withDiscardingTaskGroup(returning: StageOutcome.self) { [services] group in
            group.addTask { [clock = actorSystem.clock] in
                await events.deliver { try await Self.tell(watcher, $0, clock) }
            }
            let outcome = await services.perform(order, events: events)
            events.finish()
            return outcome
        }
    }

    /// A watcher's process that is busy didn't hear a word.
    private static func tell(_ watcher: BuildWatcher, _ events: StageEvents, _ clock: MeshClock) async throws {
        while true {
            do { return try await watcher.heard(events) } catch CallError.busy { try await clock.sleep(busyPause) }
        }
    }

    /// Before a busy watcher is spoken to again.
    private static let busyPause = Duration.milliseconds(200)
}

extension NodeDesk {
    /// The symbols are the compiler's: a test calls each function over a link, and so finds one that isn't right any more.
    static let targets = [
        target("node.card/1", "C4cardAA0B4CardVyYaKFTE", [.node, .client], .seconds(10)),
        target("node.members/1", "C7membersAA10MemberRowsVyYaKFTE", [.node, .client], .seconds(10)),
        target("node.gossip/1", "C6gossipyAA12GossipPacketVAFYaKFTE", [.node], .seconds(10)),
        target(
            "node.availability/1", "C12availabilityyAA18AvailabilityAnswerVAA0E5QueryVYaKFTE", [.node, .client],
            .seconds(10)),
        target(
            "node.remembered/1", "C10rememberedyAA15RememberedStepsVAA9StepQueryVYaKFTE", [.node, .client],
            .seconds(30)),
        target("node.lacking/1", "C7lackingyAA7LackingVAA10NeedsQueryVYaKFTE", [.node, .client], .seconds(60)),
        target("node.layerBlobs/1", "C10layerBlobsyAA05LayerE0VAA0F5QueryVYaKFTE", [.node, .client], .seconds(30)),
        target(
            "node.perform/1", "C7performyAA12StageOutcomeOAA12ShippedOrderVYaKFTE", [.node, .client],
            .seconds(24 * 60 * 60)),
        target("node.claim/1", "C5claimyAA12ClaimAnswersVAA0E5QueryVYaKFTE", [.node], .seconds(10)),
        target("node.refreshClaims/1", "C13refreshClaimsyyAA12ClaimRefreshVYaKFTE", [.node], .seconds(10)),
        target("node.releaseClaims/1", "C13releaseClaimsyyAA13ClaimReleasesVYaKFTE", [.node], .seconds(10)),
        target("node.certificate/1", "C11certificateyAA17CertificateAnswerOAA0E5QueryVYaKFTE", [.node], .seconds(10)),
        target(
            "node.ledger/1", "C6ledgeryAA12LedgerAnswerOAA0E5QueryVYaKFTE", [.node, .client], .seconds(30)),
        target("node.drain/1", "C5drainyyAA11DrainReasonVYaKFTE", [.node, .client], .seconds(10)),
    ]

    private static func target(
        _ name: String, _ symbol: String, _ callers: Set<PeerIdentity.Role>, _ timeout: Duration
    ) -> CallTarget {
        CallTarget(name, of: NodeDesk.self, symbol: "$s4Mesh8NodeDesk" + symbol, callers: callers, timeout: timeout)
    }
}
