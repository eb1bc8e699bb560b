// The registry as one builder sees it: it chooses under a lock, and never overwrites.
package import Digests
package import Mesh
import Planning
import Reports
import Stages
import Synchronization

package final class SimulatedRepo: StageRepo {
    private struct Counts {
        var published: [StageDigest: Int] = [:]
        var described: [StageID: Int] = [:]
        var running = 0
        var made = 0
    }

    private let world: SimulatedWorld
    private let project: SimulatedProject
    private let limit: Int
    private let mesh: SimulatedMesh?
    private let counts = Mutex(Counts())

    /// - Parameter limit: publications at once.
    package init(_ world: SimulatedWorld, _ project: SimulatedProject, limit: Int, mesh: SimulatedMesh? = nil) {
        (self.world, self.project, self.limit, self.mesh) = (world, project, limit, mesh)
    }

    package var running: Int { counts.withLock { $0.running } }
    /// Publications that were begun.
    package var publicationCount: Int { counts.withLock { $0.made } }

    package func tags() async throws -> [String] {
        try await project.ask("list") { try await world.pass(longest: 50) }
        return world.state.withLock { $0.tags }
    }

    package func describe(_ id: StageID) async throws -> PublishedStage? {
        let count = counts.withLock { counts in
            counts.described[id, default: 0] += 1
            return counts.described[id, default: 0]
        }
        world.require(count == 1, "\(id) was described \(count) times")
        try await project.ask("describe \(id)") { try await world.pass(longest: 50) }
        return look(id)
    }

    /// Nil, and rejected, when it can't be used.
    private func look(_ id: StageID) -> PublishedStage? {
        let isBroken = world.chance(world.faults.brokenPublications)
        return world.state.withLock { state in
            if isBroken, state.stored[id]?.isStrange == false || state.broken.contains(id) { state.broken.insert(id) }
            guard state.tags.contains(id.description), !state.broken.contains(id), state.stored[id] != nil else {
                state.tags.append(id.description + TagListing.rejectedSuffix)
                return nil
            }
            return Self.published(id)
        }
    }

    package func publish(_ order: PublishOrder) async throws -> PublishOutcome {
        counts.withLock { $0.running += 1 }
        defer { counts.withLock { $0.running -= 1 } }
        begin(order)
        let start = world.clock.now
        try await mesh?.fetch(
            [order.content], holders: order.holders, to: BuildMachine.ownNode, "publication of \(order.title)")
        counts.withLock { $0.published[order.digest, default: 0] += 1 }
        try await world.pass(longest: 300)
        try world.mayFail(world.faults.failingPublications, "publication of \(order.title)")
        let (id, isAdopted) = choose(order)
        world.say("\(project.builder) published \(order.title) as \(id)\(isAdopted ? ", adopted" : "")")
        // The answer takes its time, too.
        try await world.pass(longest: 50)
        return PublishOutcome(
            published: Self.published(id), isAdopted: isAdopted, pulledFrom: nil,
            duration: start.duration(to: world.clock.now))
    }

    private func begin(_ order: PublishOrder) {
        let (count, running) = counts.withLock { counts in
            counts.made += 1
            return (counts.published[order.digest, default: 0], counts.running)
        }
        world.say("\(project.builder) publishes \(order.title)")
        project.requireBusy("publication of \(order.title)")
        world.require(count == 0, "\(order.digest) was published \(count + 1) times by one build")
        world.require(running <= limit, "\(running) publications at once, and \(limit) are allowed")
        if let parent = order.parent {
            world.require(isThere(parent), "\(order.title) was published before its parent \(parent)")
        }
        if case .published(let id) = order.content.root {
            world.require(isThere(id), "\(order.title) is published on \(id), which is not there")
        }
        project.check(order)
    }

    private func isThere(_ id: StageID) -> Bool { world.state.withLock { $0.tags.contains(id.description) } }

    /// One step, as under a lock: werf's choice, or a new tag that is never older than the parent.
    private func choose(_ order: PublishOrder) -> (StageID, isAdopted: Bool) {
        if world.chance(world.faults.otherBuilders) { addStranger(order) }
        let listing = world.state.withLock { TagListing($0.tags) }
        for id in listing.candidates(of: order.digest, notBefore: order.parent?.timestamp ?? 0) {
            if look(id) != nil { return (id, true) }
        }
        let again = world.state.withLock { TagListing($0.tags) }
        let timestamp = Timestamps.next(
            now: world.milliseconds, greatestGiven: again.greatestTimestamp(of: order.digest),
            parent: order.parent?.timestamp)
        let id = StageID(digest: order.digest, timestamp: timestamp)
        world.state.withLock { state in
            if state.tags.contains(id.description) { state.violations.append("\(id) was given twice") }
            state.tags.append(id.description)
            state.stored[id] = .init(content: order.content, parent: order.parent, isStrange: false)
        }
        return (id, false)
    }

    private func addStranger(_ order: PublishOrder) {
        let id = StageID(digest: order.digest, timestamp: world.milliseconds - 1)
        world.state.withLock { state in
            guard state.stored[id] == nil else { return }
            state.tags.append(id.description)
            state.stored[id] = .init(content: StageContent(root: .scratch), parent: order.parent, isStrange: true)
        }
        world.say("another builder published \(id)")
    }

    package func keep(_ images: [KeptImage]) async throws {
        for image in images { world.require(isThere(image.stage), "\(image.stage) is kept and not there") }
        try await project.ask("keep") { try await world.pass(longest: 50) }
    }

    static func published(_ id: StageID) -> PublishedStage {
        let digest = BlobDigest(of: Array(id.description.utf8))
        return PublishedStage(
            facts: StageFacts(
                id: id, name: DrawnProject.repo + ":" + id.description, imageID: digest,
                manifestDigest: BlobDigest(of: Array(digest.hex.utf8)), createdAt: id.timestamp * 1_000_000,
                byteCount: 1, addedByteCount: nil, commit: ""),
            contentDigest: nil)
    }
}
