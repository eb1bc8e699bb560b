// What will happen in a simulation, earliest first; at one time in the order in which it was put in.
import Membership

struct EventHeap {
    struct Entry {
        let time: Int64
        let order: UInt64
        let node: Int32
        /// Place of the packet; -1: the node wakes.
        let packet: Int32
    }

    private var entries: [Entry] = []
    private var nextOrder: UInt64 = 0
    private var packets: [(from: Int32, packet: Packet)?] = []
    private var free: [Int32] = []

    var earliest: Int64? { entries.first?.time }

    mutating func wake(_ node: Int, at time: Int64) { push(time, Int32(node), -1) }

    mutating func deliver(_ packet: Packet, from: Int, to node: Int, at time: Int64) {
        if let place = free.popLast() {
            packets[Int(place)] = (Int32(from), packet)
            push(time, Int32(node), place)
        } else {
            packets.append((Int32(from), packet))
            push(time, Int32(node), Int32(packets.count - 1))
        }
    }

    /// Puts back what can't happen yet.
    mutating func postpone(_ entry: Entry, to time: Int64) { push(time, entry.node, entry.packet) }

    /// Takes the packet of an entry.
    mutating func packet(of entry: Entry) -> (from: Int, packet: Packet)? {
        guard entry.packet >= 0, let held = packets[Int(entry.packet)] else { return nil }
        packets[Int(entry.packet)] = nil
        free.append(entry.packet)
        return (Int(held.from), held.packet)
    }

    private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.time == right.time ? left.order < right.order : left.time < right.time
    }

    private mutating func push(_ time: Int64, _ node: Int32, _ packet: Int32) {
        entries.append(Entry(time: time, order: nextOrder, node: node, packet: packet))
        nextOrder += 1
        var place = entries.count - 1
        while place > 0, Self.isBefore(entries[place], entries[(place - 1) / 2]) {
            entries.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func pop() -> Entry? {
        guard let last = entries.popLast() else { return nil }
        guard let first = entries.first else { return last }
        entries[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < entries.count {
                if Self.isBefore(entries[child], entries[least]) { least = child }
            }
            guard least != place else { return first }
            entries.swapAt(place, least)
            place = least
        }
    }
}
