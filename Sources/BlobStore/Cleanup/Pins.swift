// What this process counts on: cleaners of all processes leave it alone.
package import Cleaning
package import Digests
import Synchronization
import SystemPackage

/// Lines in a file of the process's work area, so that they go with it. They are written while a lock is held shared,
/// and a cleaner that holds it alone reads all of them and takes away what it takes: whoever pins first and looks then
/// finds what it pinned, or finds it gone, and never loses it.
package final class Pins: Sendable {
    private struct State {
        /// Chains of stages ask for the same layers again and again: these are looked up by their digests.
        var layers = PinTable<BlobDigest>()
        var others = PinTable<ItemName>()
        var lineCount = 0

        var count: Int { layers.count + others.count }
    }

    private let root: FilePath
    private let work: WorkArea
    private let state = Mutex(State())

    /// Seconds: longer than what a coordinator was told of waits for its turn, short enough for a node that runs for
    /// months. What is in use is held.
    package static let leaseSeconds: Int64 = 2 * 60 * 60
    /// Lines after which those that say nothing any more are left out.
    private static let linesMax = 4_096
    static let fileName = "pins"
    /// Bytes of one process's file that are read.
    static let fileBytesMax = 256 << 20

    init(root: FilePath, work: WorkArea) {
        self.root = root
        self.work = work
    }

    /// The lock of all pins of a store.
    static func gatePath(_ root: FilePath) -> FilePath { root.appending("run").appending(".pins") }

    private var path: FilePath { work.path.appending(Self.fileName) }

    // MARK: Leases

    /// The items stay for half of `leaseSeconds` at least, and count as used now. Ask whether they are there
    /// afterwards, not before. Costs a look-up for those that were leased a while ago.
    package func leaseLayers(_ diffIDs: [BlobDigest]) throws {
        try lease(diffIDs, \.layers, ItemName.layer, now: UnixTime.seconds)
    }

    package func leaseBlobs(_ digests: [BlobDigest]) throws { try lease(digests.map(ItemName.blob)) }

    package func lease(_ items: [ItemName]) throws { try lease(items, now: UnixTime.seconds) }

    func lease(_ items: [ItemName], now: Int64) throws { try lease(items, \.others, { $0 }, now: now) }

    private func lease<Key>(
        _ keys: [Key], _ table: WritableKeyPath<State, PinTable<Key>>, _ name: (Key) -> ItemName, now: Int64
    ) throws {
        try state.withLock { state in
            let new = state[keyPath: table].unleased(keys, until: now + Self.leaseSeconds / 2)
            guard !new.isEmpty else { return }
            let end = now + Self.leaseSeconds
            let names = new.map(name)
            try write(names.map { PinLine.lease($0, until: end) }, &state)
            state[keyPath: table].lease(new, until: end)
            for marker in names.compactMap(StorePlaces(root: root).marker) { Disk.noteUse(marker) }
            try shorten(&state, now)
        }
    }

    // MARK: Holds

    /// The items stay while the result lives, for as long as that is. No use of them is noted: a lease does that.
    package func hold(layers: [BlobDigest] = [], _ others: [ItemName] = []) throws -> PinHold {
        try state.withLock { state in
            let new = state.layers.unheld(layers).map(ItemName.layer) + state.others.unheld(others)
            try write(new.sorted().map(PinLine.hold), &state)
            state.layers.hold(layers)
            state.others.hold(others)
        }
        return PinHold(layers, others, self)
    }

    /// Others are told later: the next stage of a chain holds the same layers again. Until then they stay.
    fileprivate func release(_ layers: [BlobDigest], _ others: [ItemName]) {
        state.withLock { state in
            state.layers.release(layers)
            state.others.release(others)
            guard state.lineCount > max(Self.linesMax, 2 * state.count) else { return }
            try? settle(&state)
        }
    }

    /// Tells others at once what is not held any more. What can't be written stays pinned until the process ends.
    package func settle() throws { try state.withLock { try settle(&$0) } }

    private func settle(_ state: inout State) throws {
        let ended = state.layers.lingering.map(ItemName.layer) + state.others.lingering
        try write(ended.sorted().map(PinLine.drop), &state)
        state.layers.dropLingering()
        state.others.dropLingering()
        try shorten(&state, UnixTime.seconds)
    }

    // MARK: The file

    private func write(_ lines: [PinLine], _ state: inout State) throws {
        guard !lines.isEmpty else { return }
        let gate = try FileLock.wait(Self.gatePath(root), .shared) {}
        defer { withExtendedLifetime(gate) {} }
        try Disk.append(Array(lines.map(\.text).joined().utf8), to: path)
        state.lineCount += lines.count
    }

    private func shorten(_ state: inout State, _ now: Int64) throws {
        guard state.lineCount > Self.linesMax, state.lineCount > 2 * state.count else { return }
        state.layers.forgetLeases(endedAt: now)
        state.others.forgetLeases(endedAt: now)
        let leases =
            state.layers.leases.map { PinLine.lease(.layer($0), until: $1) }
            + state.others.leases.map { PinLine.lease($0, until: $1) }
        let holds = state.layers.holds.keys.map { PinLine.hold(.layer($0)) } + state.others.holds.keys.map(PinLine.hold)
        let lines = leases + holds
        let temporary = work.temporaryPath(Self.fileName)
        let gate = try FileLock.wait(Self.gatePath(root), .shared) {}
        defer { withExtendedLifetime(gate) {} }
        try Disk.write(Array(lines.map(\.text).joined().utf8), to: temporary)
        try Disk.rename(temporary, to: path)
        state.lineCount = lines.count
    }
}

/// Held items; they may go when it is gone.
package final class PinHold: Sendable {
    private let layers: [BlobDigest]
    private let others: [ItemName]
    private let pins: Pins

    fileprivate init(_ layers: [BlobDigest], _ others: [ItemName], _ pins: Pins) {
        self.layers = layers
        self.others = others
        self.pins = pins
    }

    deinit { pins.release(layers, others) }
}

extension ItemName {
    package static func layer(_ diffID: BlobDigest) -> ItemName { ItemName(.layer, diffID.hex) }
    package static func blob(_ digest: BlobDigest) -> ItemName { ItemName(.blob, digest.hex) }
}
