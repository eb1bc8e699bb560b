// Compares whole tables with one member at a time, so that what news missed arrives, and partitions join.

extension Swim {
    mutating func join(_ addresses: [String]) {
        for address in addresses where !seeds.contains(address) && seeds.count < Timing.seedsMax {
            seeds.append(address)
        }
        for address in addresses { compare(withSeed: address) }
    }

    private mutating func compare(withSeed address: String) {
        guard address != own.card.peerAddress else { return }
        effects.append(
            .send(Packet(.hashes(table.bucketHashes), news: [.record(own)]), to: .seed(address: address)))
    }

    private mutating func compare(with slot: Int) {
        let row = table.rows[slot]
        let packet = Packet(.hashes(table.bucketHashes), news: [.record(own)])
        effects.append(.send(packet, to: .member(row.record.name, address: row.record.card.peerAddress)))
    }

    mutating func beginSync() {
        syncAt = now + timing.syncInterval
        let partner = sync.flatMap { table.slot(of: $0) }
        sync = nil
        guard !own.hasLeft, let slot = partner ?? others(1, except: 0).first else { return }
        compare(with: slot)
    }

    /// The rows of buckets that differ, as many as fit.
    mutating func answer(_ hashes: [UInt64], to slot: Int) {
        let differing = (0..<BucketSet.bucketsCount).filter { hashes[$0] != table.bucketHashes[$0] }
        guard !differing.isEmpty else { return }
        var sizes = [Int](repeating: 0, count: BucketSet.bucketsCount)
        for row in table.rows { sizes[MemberTable.bucket(row.record)] += Self.size(row) }
        var chosen = BucketSet()
        var room = Timing.syncBytesMax
        let start = choices.below(differing.count)
        for place in differing.indices {
            let bucket = differing[(start + place) % differing.count]
            guard sizes[bucket] <= room else { break }
            room -= sizes[bucket]
            chosen.insert(bucket)
        }
        let isPart = !differing.allSatisfy { chosen.contains($0) }
        sendRows(chosen, wantsAnswer: true, isPart: isPart, to: slot) { _ in true }
    }

    private static func size(_ row: MemberTable.Row) -> Int {
        items(row).reduce(0) { $0 + $1.encodedCount }
    }

    private static func items(_ row: MemberTable.Row) -> [News] {
        guard let accusation = row.accusation else { return [.record(row.record)] }
        return [.record(row.record), .accusation(accusation)]
    }

    private mutating func sendRows(
        _ buckets: BucketSet, wantsAnswer: Bool, isPart: Bool, to slot: Int, _ isWanted: (MemberTable.Row) -> Bool
    ) {
        var items: [News] = []
        for row in table.rows where buckets.contains(MemberTable.bucket(row.record)) && isWanted(row) {
            guard items.count + 2 <= Packet.newsMax else { break }
            items += Self.items(row)
        }
        let row = table.rows[slot].record
        let packet = Packet(.rows(buckets, wantsAnswer: wantsAnswer, isPart: isPart), news: items)
        effects.append(.send(packet, to: .member(row.name, address: row.card.peerAddress)))
    }

    mutating func takeRows(
        _ items: [News], _ buckets: BucketSet, wantsAnswer: Bool, isPart: Bool, from peer: NodeName
    ) {
        let dead = Set(items.lazy.compactMap { Self.deadRecord($0) })
        var told: [NodeName: ToldRow] = [:]
        var passedOn = 0
        for item in items {
            switch item {
            case .record(let record):
                told[record.name] = ToldRow(incarnation: record.incarnation, state: .alive)
                // A stranger that is dead stays one.
                let isStranger = table.slot(of: record) == nil
                if isStranger, dead.contains(record.name) { continue }
                let isNew = hear(record, from: peer, isNews: passedOn < Timing.syncNewsMax)
                passedOn += isNew ? 1 : 0
            case .accusation(let accusation):
                told[accusation.name]?.state = accusation.charge == .gone ? .dead : .suspect
                hear(accusation, from: peer, isCompared: true)
            }
        }
        guard wantsAnswer, let slot = table.slot(of: peer) else { return }
        answerRows(told, buckets, to: slot)
        guard isPart else { return }
        sync = peer
        syncAt = now + timing.syncPageInterval
    }

    /// What the other side of a comparison knows of a member.
    private struct ToldRow {
        let incarnation: UInt64
        var state: State
    }

    private static func deadRecord(_ item: News) -> NodeName? {
        guard case .accusation(let accusation) = item, accusation.charge == .gone else { return nil }
        return accusation.name
    }

    private mutating func answerRows(_ told: [NodeName: ToldRow], _ buckets: BucketSet, to slot: Int) {
        func isNewer(_ row: MemberTable.Row) -> Bool {
            guard let known = told[row.record.name] else { return row.state.isPresent }
            if row.record.incarnation != known.incarnation { return row.record.incarnation > known.incarnation }
            return row.accusation != nil && row.state.rawValue > known.state.rawValue
        }
        guard table.rows.contains(where: { buckets.contains(MemberTable.bucket($0.record)) && isNewer($0) }) else {
            return
        }
        sendRows(buckets, wantsAnswer: false, isPart: false, to: slot, isNewer)
    }

    /// A dead member or a seed that no member has: it may be back, or on the other side of a cut that has healed.
    mutating func retry() {
        retryAt = now + timing.retryInterval
        warned = []
        forgetTombstones()
        guard !own.hasLeft else { return }
        let missing = seeds.filter { address in !isPresent(address) }
        let pick = choices.below(missing.count + table.absentCount)
        if pick < missing.count { return compare(withSeed: missing[pick]) }
        guard let slot = randomDead() else { return }
        // With the charge, so that it refutes; then the tables are compared.
        send(.gossip, to: slot)
        compare(with: slot)
    }

    private func isPresent(_ address: String) -> Bool {
        table.rows.contains { $0.record.card.peerAddress == address && $0.state.isPresent }
    }

    private mutating func randomDead() -> Int? {
        let dead = table.rows.indices.filter { table.rows[$0].state == .dead }
        return dead.isEmpty ? nil : dead[choices.below(dead.count)]
    }

    private mutating func forgetTombstones() {
        let life = timing.tombstoneLife
        let now = now
        func isOver(_ row: MemberTable.Row) -> Bool { !row.state.isPresent && now.since(row.changedAt) > life }
        guard table.absentCount > 0, table.rows.dropFirst().contains(where: isOver) else { return }
        let own = own
        table.removeAll { $0.record !== own && isOver($0) }
        // Slots moved: begin a new round.
        order = []
        orderPlace = 0
    }
}
