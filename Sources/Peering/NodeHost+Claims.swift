// A node's part in sharing work: it asks before its stages run, takes what others made, and is a home.
import Building
import Logging
package import Mesh
import Reports
import Stages
import Synchronization

extension NodeHost {
    /// What another build had made at a node, when it is what this order asks for, and its layer is to be had.
    func result(
        of node: String, _ shipped: ShippedOrder, since begun: ContinuousClock.Instant, _ claims: ClaimKeeper,
        _ report: @Sendable (BuildEvent) -> Void
    ) async throws -> StageResult? {
        let order = shipped.order
        guard let digest = order.digest else { return nil }
        let scope = surroundings.scope(shipped.buildClass)
        let stated =
            node == facts.name
            ? runner.memory.remembered([digest], by: scope)[digest]
            : await claims.remembered(digest, of: shipped.buildClass, at: node)
        guard let stated, order.accepts(stated.step) else { return nil }
        let step = stated.step
        guard
            node == facts.name
                || surroundings.verdicts.refusal(of: stated, as: digest, for: scope.buildClasses, from: node) == nil
        else { return nil }
        // From now on no other node would have it sooner: the layer alone is on its way.
        report(.stageStarted(order.title))
        if let layer = step.layer {
            let shippedLayer = ShippedLayer(
                diffID: layer.diffID, blob: nil, byteCount: layer.byteCount, holders: [node])
            guard await bring(shippedLayer) else { return nil }
        }
        try? runner.memory.remember(stated, as: digest, by: scope)
        logger.info("a stage was made for another build", metadata: ["stage": "\(order.title)", "peer": "\(node)"])
        report(.detail("\(order.title) was made on \(node) for another build"))
        return StageResult(
            layer: step.layer, pulledFrom: nil, duration: begun.duration(to: .now), statement: stated.statement)
    }

    /// A stage that waits for another's has begun, to its coordinator: no other node would have it sooner.
    func noteWaiting(_ order: StageOrder, for node: String?, _ report: @Sendable (BuildEvent) -> Void) {
        logger.info("a stage waits", metadata: ["stage": "\(order.title)", "peer": "\(node ?? "")"])
        report(.stageStarted(order.title))
        guard let node else { return }
        report(.detail("\(order.title) is being made on \(node) for another build"))
    }

    // MARK: A home

    package func claim(_ query: ClaimQuery, from peer: PeerIdentity) async -> ClaimAnswers {
        guard let claims = surroundings.claims else {
            return ClaimAnswers(answers: query.wants.map { _ in .full })
        }
        return await claims.claim(query, from: peer.name)
    }

    package func refresh(_ claims: ClaimRefresh, from peer: PeerIdentity) {
        surroundings.claims?.refresh(claims, from: peer.name)
    }

    package func release(_ releases: ClaimReleases, from peer: PeerIdentity) {
        surroundings.claims?.release(releases, from: peer.name)
    }
}

/// Lets the start of a stage pass once.
final class FirstStart: Sendable {
    private let hasStarted = Mutex(false)

    func mayPass(_ event: BuildEvent) -> Bool {
        guard case .stageStarted = event else { return true }
        return hasStarted.withLock { hasStarted in
            defer { hasStarted = true }
            return !hasStarted
        }
    }
}
