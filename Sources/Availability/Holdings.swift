// Decides who probably holds what: each node's own set, told to the others by differences; a value.
package import Membership

/// What this node knows of all sets. It is told events and answers with effects.
///
/// Packets of its own, over the same links as membership's and told from those by their second byte: a set's page is
/// thousands of times a ping, and must not ride on what decides who lives. Once a second one random peer is sent a hash
/// of all versions; only where it differs are versions compared and batches passed on, by anybody; whole sets come from
/// their owner. A wrong belief costs one failed fetch, and is noted.
package struct Holdings: Sendable {
    /// A node that may be asked, as membership knows it.
    package struct Peer: Hashable, Sendable {
        package let name: NodeName
        package let key: [UInt8]

        package init(name: NodeName, key: [UInt8]) {
            self.name = name
            self.key = key
        }
    }

    package enum Event: Sendable {
        case tick
        /// All that are there now, without this node.
        case members([Peer])
        /// This node holds these from now on.
        case held([HeldName])
        /// This node no longer holds these.
        case dropped([HeldName])
        case received([UInt8], from: NodeName)
        /// The node was asked for the name and did not have it.
        case lie(NodeName, HeldName)
        /// The node was asked and had it.
        case truth(NodeName)
        /// `signer` signs with another key from now on.
        case rekeyed([UInt8])
    }

    package enum Effect: Sendable {
        case send(AvailabilityPacket, to: NodeName)
        /// The node says that it holds what it does not, again and again: it is asked last.
        case liar(NodeName)
        case warn(NodeName, String)
    }

    package struct Counts: Hashable, Sendable {
        package var wrongSignatures = 0
        package var unreadablePackets = 0
        package var lies = 0
        /// Sets that were dropped for room.
        package var droppedSets = 0
    }

    package let name: NodeName
    var key: [UInt8]
    let signer: any RecordSigner
    var choices: SeededChoices
    var own = OwnNames()
    /// Lower in tests.
    var namesLimit = AvailabilityLimits.namesMax
    var beliefsLimit = AvailabilityLimits.beliefsMax
    /// The life of `own` that `epoch` stands for.
    var life = 0
    var epoch: UInt64
    /// Up to which version the own changes are in batches.
    var batched: UInt64 = 0
    var ownChain = BatchChain()
    /// Sorted by name, so that choices repeat.
    var sets: [HeldSet] = []
    var slots: [NodeName: Int] = [:]
    var owners: [UInt64: NodeName] = [:]
    var beliefs = 0
    var questions = 0
    var exchangeAt: Moment
    var now: Moment
    package internal(set) var counts = Counts()
    var effects: [Effect] = []

    /// `epoch`: greater than in any earlier life of this node; Unix milliseconds are. `key` is what `signer` signs with.
    package init(
        name: NodeName, key: [UInt8], epoch: UInt64, signer: any RecordSigner, seed: UInt64, at moment: Moment
    ) {
        (self.name, self.key, self.epoch, self.signer) = (name, key, epoch, signer)
        choices = SeededChoices(seed: seed)
        now = moment
        exchangeAt = moment + Int64(choices.below(Int(AvailabilityLimits.exchangeInterval)))
    }

    package mutating func step(_ event: Event, at moment: Moment) -> [Effect] {
        now = max(now, moment)
        switch event {
        case .tick: if now >= exchangeAt { exchange() }
        case .members(let peers): setMembers(peers)
        case .held(let names):
            for name in names { own.add(name.fingerprint, max: namesLimit) }
        case .dropped(let names): for name in names { own.remove(name.fingerprint) }
        case .received(let bytes, let peer): receive(bytes, from: peer)
        case .lie(let node, let name): noteLie(node, name)
        case .rekeyed(let key):
            self.key = key
            // What the old key signed is not believed by those who know the new one.
            beginEpoch(after: epoch)
        case .truth(let node): if let slot = slots[node] { sets[slot].noteTruth() }
        }
        var made: [Effect] = []
        swap(&made, &effects)
        return made
    }

    /// When to send the next `tick`.
    package var wakeAt: Moment { exchangeAt }

    // MARK: Queries

    /// Who probably holds it: the nearest first, by `distance` (round trip, zone: smaller is nearer), liars last.
    package func holders(of name: HeldName, distance: (NodeName) -> Int) -> [NodeName] {
        let fingerprint = name.fingerprint
        let found = sets.filter { $0.names.contains(fingerprint) }
        let ranked = found.map { (isLiar: $0.isLiar ? 1 : 0, distance: distance($0.peer.name), name: $0.peer.name) }
        return ranked.sorted { $0 < $1 }.map(\.name)
    }

    /// A node as this one sees it.
    package struct Row: Hashable, Sendable {
        package let name: NodeName
        /// Names that it is believed to hold.
        package let count: Int
        package let isLiar: Bool
    }

    /// All nodes, this one included, by name.
    package var rows: [Row] {
        let others = sets.map { Row(name: $0.peer.name, count: $0.names.count, isLiar: $0.isLiar) }
        return (others + [Row(name: name, count: ownCount, isLiar: false)]).sorted { $0.name < $1.name }
    }

    /// This node holds it.
    package func holds(_ name: HeldName) -> Bool { own.names.contains(name.fingerprint) }

    /// Names that a node is believed to hold.
    package func count(of node: NodeName) -> Int { slots[node].map { sets[$0].names.count } ?? 0 }

    package var ownCount: Int { own.names.count }

    package func isLiar(_ node: NodeName) -> Bool { slots[node].map { sets[$0].isLiar } ?? false }
}
