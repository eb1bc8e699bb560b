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
        /// Unix seconds at which each ends.
        var leases: [ItemName: Int64] = [:]
        var holds: [ItemName: Int] = [:]
        var lineCount = 0
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

    /// The items stay for `leaseSeconds` at least, and count as used now. Ask whether they are there afterwards, not
    /// before. Costs nothing for those that were leased a while ago.
    package func lease(_ items: [ItemName]) throws { try lease(items, now: UnixTime.seconds) }

    func lease(_ items: [ItemName], now: Int64) throws {
        try state.withLock { state in
            let new = items.filter { state.leases[$0, default: 0] < now + Self.leaseSeconds / 2 }
            guard !new.isEmpty else { return }
            let end = now + Self.leaseSeconds
            try write(new.map { PinLine.lease($0, until: end) }, &state)
            for item in new {
                state.leases[item] = end
                if let marker = StorePlaces(root: root).marker(of: item) { Disk.noteUse(marker) }
            }
            try shorten(&state, now)
        }
    }

    package func leaseLayers(_ diffIDs: [BlobDigest]) throws { try lease(diffIDs.map(ItemName.layer)) }

    package func leaseBlobs(_ digests: [BlobDigest]) throws { try lease(digests.map(ItemName.blob)) }

    /// The items stay while the result lives, for as long as that is. No use of them is noted: a lease does that.
    package func hold(_ items: [ItemName]) throws -> PinHold {
        try state.withLock { state in
            let new = Set(items).filter { state.holds[$0] == nil }
            if !new.isEmpty { try write(new.sorted().map(PinLine.hold), &state) }
            for item in Set(items) { state.holds[item, default: 0] += 1 }
        }
        return PinHold(Set(items), self)
    }

    package func holdLayers(_ diffIDs: [BlobDigest]) throws -> PinHold { try hold(diffIDs.map(ItemName.layer)) }

    /// What can't be written stays pinned until the process ends.
    fileprivate func release(_ items: Set<ItemName>) {
        state.withLock { state in
            var ended: [ItemName] = []
            for item in items {
                let count = (state.holds[item] ?? 1) - 1
                state.holds[item] = count > 0 ? count : nil
                if count <= 0 { ended.append(item) }
            }
            try? write(ended.sorted().map(PinLine.drop), &state)
            try? shorten(&state, UnixTime.seconds)
        }
    }

    private func write(_ lines: [PinLine], _ state: inout State) throws {
        guard !lines.isEmpty else { return }
        let gate = try FileLock.wait(Self.gatePath(root), .shared) {}
        defer { withExtendedLifetime(gate) {} }
        try Disk.append(Array(lines.map(\.text).joined().utf8), to: path)
        state.lineCount += lines.count
    }

    private func shorten(_ state: inout State, _ now: Int64) throws {
        guard state.lineCount > Self.linesMax, state.lineCount > 2 * (state.leases.count + state.holds.count) else {
            return
        }
        state.leases = state.leases.filter { $0.value > now }
        let lines = state.leases.map { PinLine.lease($0, until: $1) } + state.holds.keys.map(PinLine.hold)
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
    private let items: Set<ItemName>
    private let pins: Pins

    fileprivate init(_ items: Set<ItemName>, _ pins: Pins) {
        self.items = items
        self.pins = pins
    }

    deinit { pins.release(items) }
}

extension ItemName {
    package static func layer(_ diffID: BlobDigest) -> ItemName { ItemName(.layer, diffID.hex) }
    package static func blob(_ digest: BlobDigest) -> ItemName { ItemName(.blob, digest.hex) }
}
