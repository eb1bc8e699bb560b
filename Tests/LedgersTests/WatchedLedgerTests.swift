// Listing and following a ledger: in etcd, and in the simulated one.
import Digests
import Etcd
import EtcdTesting
import LedgerTesting
import Ledgers
import MeshSimulation
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A watched ledger` {
    private static func record(_ publications: [Publication], in ledger: any Ledger) async throws {
        for publication in publications {
            let list = try await ledger.publications(of: publication.id.digest, .agreed)
            #expect(try await ledger.append(publication, on: list.version) == .won)
        }
    }

    private static func all(_ ledger: any WatchedLedger) async throws -> [Publication] {
        var (found, cursor): ([Publication], LedgerCursor?) = ([], nil)
        repeat {
            let page = try await ledger.page(after: cursor)
            found += page.publications
            cursor = page.next
        } while cursor != nil
        return found
    }

    @Test(arguments: World.watched) func `is listed page by page, by digest and time`(_ world: World) async throws {
        try await world.runWatched { ledger in
            #expect(try await Self.all(ledger).isEmpty)
            var publications = (0..<5).flatMap { number in
                (1...2).map { Samples.publication("d\(number)", at: Int64($0), nonce: "\(number)-\($0)") }
            }
            try await Self.record(publications, in: ledger)
            try await ledger.mark(publications[0], as: .tagged)
            publications[0].state = .tagged
            publications.sort { ($0.id.digest, $0.id.timestamp) < ($1.id.digest, $1.id.timestamp) }
            #expect(try await Self.all(ledger) == publications)
        }
    }

    @Test(arguments: World.watched) func `tells what is there, then what happens`(_ world: World) async throws {
        try await world.runWatched { ledger in
            let (first, second) = (Samples.publication("a", at: 1), Samples.publication("b", at: 2))
            try await Self.record([first], in: ledger)
            var changes = ledger.changes(after: nil).makeAsyncIterator()
            #expect(try await changes.next() == .startsAnew)
            #expect(try await changes.next() == .recorded(first))
            guard case .isComplete(let version) = try await changes.next() else {
                Issue.record("the listing has no end")
                return
            }
            try await Self.record([second], in: ledger)
            try await ledger.mark(second, as: .tagged)
            try await ledger.mark(first, as: .rejected)
            let expected: [LedgerChange] = [
                .recorded(second), .marked(second.id, .tagged), .marked(first.id, .rejected),
            ]
            #expect(try await Self.next(3, &changes) == expected)
            // Whoever knows an older version hears the same.
            var later = ledger.changes(after: version).makeAsyncIterator()
            #expect(try await Self.next(3, &later) == expected)
        }
    }

    /// So many changes, without the words about how far they are.
    private static func next(
        _ count: Int, _ changes: inout LedgerChanges.AsyncIterator
    ) async throws -> [LedgerChange] {
        var found: [LedgerChange] = []
        while found.count < count, let change = try await changes.next() {
            if case .isComplete = change { continue }
            found.append(change)
        }
        return found
    }

    @Test func `in memory starts anew when its history is gone`() async throws {
        let ledger = SimulatedLedger(random: SeededGenerator(seed: 1), clock: ContinuousClock())
        let publication = Samples.publication("a")
        try await Self.record([publication], in: ledger)
        ledger.compact()
        var changes = ledger.changes(after: .init(0)).makeAsyncIterator()
        #expect(try await Self.next(2, &changes) == [.startsAnew, .recorded(publication)])
    }
}

@Suite(.enabled(if: RealCluster.isExpected, Comment(rawValue: RealCluster.missing)), .timeLimit(.minutes(5)))
struct `A ledger in etcd` {
    private static let repo = RepoID(name: "test")

    @Test func `starts anew when its history is gone`() async throws {
        try await RealCluster.run { cluster in
            try await RealLedger.run(cluster) { mesh, client in
                let ledger = mesh.repo(Self.repo)
                let publication = Samples.publication("a")
                let empty = try await ledger.publications(of: publication.id.digest, .agreed)
                _ = try await ledger.append(publication, on: empty.version)
                try await ledger.mark(publication, as: .tagged)
                let now = try await ledger.publications(of: publication.id.digest, .agreed).version
                #expect(try await client.compact(before: now.number))
                var changes = ledger.changes(after: .init(1)).makeAsyncIterator()
                #expect(try await changes.next() == .startsAnew)
                #expect(try await changes.next() == .recorded(publication.marked(.tagged)))
            }
        }
    }

    @Test func `goes on telling after a member is killed`() async throws {
        try await RealCluster.run { cluster in
            try await RealLedger.run(cluster) { mesh, _ in
                let ledger = mesh.repo(Self.repo)
                var changes = ledger.changes(after: nil).makeAsyncIterator()
                #expect(try await changes.next() == .startsAnew)
                guard case .isComplete = try await changes.next() else {
                    Issue.record("the listing has no end")
                    return
                }
                for name in ["a", "b"] {
                    let publication = Samples.publication(name)
                    let list = try await ledger.publications(of: publication.id.digest, .agreed)
                    _ = try await ledger.append(publication, on: list.version)
                    var told: LedgerChange?
                    repeat { told = try await changes.next() } while told != .recorded(publication) && told != nil
                    guard name == "a" else { continue }
                    cluster.send(9, to: 0)
                    try await ContinuousClock().sleep(for: .milliseconds(50))
                    try await cluster.waitUntilReady()
                }
            }
        }
    }

    @Test func `of another epoch, or of none, takes nothing`() async throws {
        try await RealCluster.run { cluster in
            let client = try cluster.client()
            #expect(try await MeshLedger.epoch(of: client) == nil)
            let publication = Samples.publication("a")
            let unmade = MeshLedger(client, epoch: "one").repo(Self.repo)
            await #expect(throws: LedgerError.notInitialised) {
                try await unmade.publications(of: publication.id.digest, .agreed)
            }
            #expect(try await MeshLedger.initialise(client, epoch: "one") == "one")
            #expect(try await MeshLedger.initialise(client, epoch: "two") == "one")
            #expect(try await MeshLedger.epoch(of: client) == "one")
            let other = MeshLedger(client, epoch: "two")
            let refusal = LedgerError.otherEpoch(known: "two", found: "one")
            await withTaskGroup { group in
                group.addTask { await other.run() }
                let ledger = other.repo(Self.repo)
                await #expect(throws: refusal) {
                    try await ledger.publications(of: publication.id.digest, .known)
                }
                await #expect(throws: refusal) { try await ledger.append(publication, on: .init(0)) }
                await #expect(throws: refusal) { try await ledger.mark(publication, as: .tagged) }
                await #expect(throws: refusal) { _ = try await ledger.page(after: nil) }
                group.cancelAll()
            }
            await #expect(throws: LedgerError.self) {
                try await other.repo(Self.repo).append(publication, on: .init(0))
            }
            let nothing = try await client.get(Get(.all(startingWith: Array("weft/p/".utf8))))
            #expect(nothing.count == 0)
            try await client.shutdown()
        }
    }

    @Test func `keeps repos apart`() async throws {
        try await RealCluster.run { cluster in
            try await RealLedger.run(cluster) { mesh, _ in
                let (one, two) = (mesh.repo(RepoID(name: "one")), mesh.repo(RepoID(name: "two")))
                let publication = Samples.publication("a")
                let proposed = try await one.append(publication, on: .init(1_000))
                #expect(proposed == .won)
                #expect(try await two.publications(of: publication.id.digest, .agreed).publications == [])
                #expect(try await two.page(after: nil).publications == [])
                let child = Samples.publication("c", parents: [publication.asParent])
                #expect(try await two.append(child, on: .init(1_000)) == .parentChanged(publication.id))
            }
        }
    }

    @Test func `takes a page that is as large as can be`() async throws {
        try await RealCluster.run { cluster in
            try await RealLedger.run(cluster) { mesh, _ in
                let ledger = mesh.repo(Self.repo)
                let image = Publication.Image(
                    manifestBytes: [UInt8](repeating: 32, count: PublicationLimits.manifestBytesMax),
                    config: Samples.publication("a").image.config, diffIDs: [])
                try await withThrowingDiscardingTaskGroup { group in
                    for number in 0..<410 {
                        group.addTask {
                            let publication = Publication(id: Samples.id("d\(number)", 1), nonce: "n", image: image)
                            let proposed = try await ledger.append(publication, on: .init(1_000_000))
                            #expect(proposed == .won)
                        }
                    }
                }
                let first = try await ledger.page(after: nil)
                #expect(first.publications.count == 400 && first.next != nil)
                let second = try await ledger.page(after: first.next)
                #expect(second.publications.count == 10 && second.next == nil)
            }
        }
    }
}
