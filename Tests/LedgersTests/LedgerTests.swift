// What every ledger does, whatever it is kept in.
import Digests
import Ledgers
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A ledger` {
    @Test(arguments: World.all) func `records one publication on one version of a list`(_ world: World) async throws {
        try await world.run { ledger in
            let first = Samples.publication("a", at: 1, nonce: "1")
            let empty = try await ledger.publications(of: first.id.digest, .agreed)
            #expect(empty.publications == [])
            #expect(try await ledger.append(first, on: empty.version) == .won)
            // Somebody who chose from the empty list comes too late, and hears why.
            let second = Samples.publication("a", at: 2, content: "b", nonce: "2")
            guard case .lost(let list) = try await ledger.append(second, on: empty.version) else {
                Issue.record("it won on an old list")
                return
            }
            #expect(list.publications == [first])
            #expect(try await ledger.append(second, on: list.version) == .won)
            let both = try await ledger.publications(of: first.id.digest, .agreed)
            #expect(both.publications == [first, second] && both.greatestTimestamp == 2)
            #expect(try await ledger.publications(of: Samples.digest("b"), .agreed).publications == [])
        }
    }

    @Test(arguments: World.all) func `counts a mark as a change of the list`(_ world: World) async throws {
        try await world.run { ledger in
            let first = Samples.publication("a", at: 1)
            let empty = try await ledger.publications(of: first.id.digest, .agreed)
            _ = try await ledger.append(first, on: empty.version)
            let list = try await ledger.publications(of: first.id.digest, .agreed)
            #expect(try await ledger.mark(first, as: .rejected) == .rejected)
            guard case .lost(let after) = try await ledger.append(Samples.publication("a", at: 2), on: list.version)
            else {
                Issue.record("it won on an old list")
                return
            }
            #expect(after.publications == [first.marked(.rejected)])
        }
    }

    @Test(arguments: World.all) func `marks go one way, and the same twice is the same`(_ world: World) async throws {
        try await world.run { ledger in
            let one = Samples.publication("a", at: 1)
            await #expect(throws: LedgerError.noSuchPublication(one.id)) { try await ledger.mark(one, as: .tagged) }
            let empty = try await ledger.publications(of: one.id.digest, .agreed)
            _ = try await ledger.append(one, on: empty.version)
            #expect(try await ledger.mark(one, as: .won) == .won)
            #expect(try await ledger.mark(one, as: .tagged) == .tagged)
            #expect(try await ledger.mark(one, as: .tagged) == .tagged)
            #expect(try await ledger.mark(one, as: .won) == .tagged)
            let list = try await ledger.publications(of: one.id.digest, .agreed)
            #expect(list.publications == [one.marked(.tagged)])
            #expect(try await ledger.mark(one, as: .rejected) == .rejected)
            #expect(try await ledger.mark(one, as: .tagged) == .rejected)
            #expect(try await ledger.mark(one.marked(.tagged), as: .tagged) == .rejected)
        }
    }

    @Test(arguments: World.all) func `records no child on a parent that is not as it says`(_ world: World) async throws
    {
        try await world.run { ledger in
            let parent = Samples.publication("p", at: 5)
            func propose(_ parents: [Publication.Parent]) async throws -> Proposed {
                let child = Samples.publication("c", at: 9, parents: parents)
                let list = try await ledger.publications(of: child.id.digest, .agreed)
                return try await ledger.append(child, on: list.version)
            }
            #expect(try await propose([parent.asParent]) == .parentChanged(parent.id))
            let empty = try await ledger.publications(of: parent.id.digest, .agreed)
            _ = try await ledger.append(parent, on: empty.version)
            let other = Publication.Parent(id: parent.id, manifest: BlobDigest(of: [9]))
            #expect(try await propose([other]) == .parentChanged(parent.id))
            let second = Samples.publication("q", at: 6)
            #expect(try await propose([parent.asParent, second.asParent]) == .parentChanged(second.id))
            _ = try await ledger.append(
                second, on: try await ledger.publications(of: second.id.digest, .agreed).version)
            try await ledger.mark(second, as: .tagged)
            try await ledger.mark(parent, as: .rejected)
            #expect(try await propose([second.asParent, parent.asParent]) == .parentChanged(parent.id))
            // Won and tagged will do.
            let third = Samples.publication("r", at: 7)
            _ = try await ledger.append(third, on: try await ledger.publications(of: third.id.digest, .agreed).version)
            #expect(try await propose([second.asParent, third.asParent]) == .won)
        }
    }

    @Test(arguments: World.all) func `takes what the repo had before`(_ world: World) async throws {
        try await world.run { ledger in
            let found = Samples.publication("a", at: 3, origin: .tag, state: .tagged)
            let empty = try await ledger.publications(of: found.id.digest, .agreed)
            #expect(try await ledger.append(found, on: empty.version) == .won)
            #expect(try await ledger.publications(of: found.id.digest, .agreed).publications == [found])
        }
    }

    @Test(arguments: World.all) func `refuses what is too large for any`(_ world: World) async throws {
        try await world.run { ledger in
            let image = Publication.Image(
                manifestBytes: [1], config: BlobDigest(of: []),
                diffIDs: Array(repeating: BlobDigest(of: []), count: PublicationLimits.diffIDsMax + 1))
            let large = Publication(id: Samples.id("a", 1), nonce: "n", image: image)
            let empty = try await ledger.publications(of: large.id.digest, .agreed)
            await #expect(throws: LedgerError.self) { try await ledger.append(large, on: empty.version) }
            #expect(try await ledger.publications(of: large.id.digest, .agreed).publications == [])
        }
    }

    /// The loser adopts: each digest gets one publication however many want it, and all hear of the same one.
    @Test(arguments: World.all) func `lets one of many win`(_ world: World) async throws {
        try await world.run { ledger in
            let winners = try await withThrowingTaskGroup(of: [StageID: String].self) { group in
                for proposer in 0..<8 {
                    group.addTask { try await Self.publishAll(ledger, as: proposer, digests: 12) }
                }
                return try await group.reduce(into: [[StageID: String]]()) { $0.append($1) }
            }
            #expect(winners.count == 8 && Set(winners).count == 1)
            #expect(winners.first?.count == 12)
        }
    }

    /// What each digest's publication is, in the view of one who would have published its own.
    private static func publishAll(
        _ ledger: any Ledger, as proposer: Int, digests: Int
    ) async throws -> [StageID: String] {
        var chosen: [StageID: String] = [:]
        for number in 0..<digests {
            let own = Samples.publication(
                "d\(number)", at: Int64(proposer + 1), content: "\(proposer)", nonce: "\(proposer)-\(number)")
            var list = try await ledger.publications(of: own.id.digest, .known)
            while list.publications.isEmpty {
                switch try await ledger.append(own, on: list.version) {
                case .won: list = PublicationList([own], version: list.version)
                case .lost(let other): list = other
                case .parentChanged: Issue.record("it has no parent")
                }
            }
            chosen[list.publications[0].id] = list.publications[0].nonce
        }
        return chosen
    }
}
